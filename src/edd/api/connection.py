"""One client's connection: aiohttp's, but for what a malformed request is answered with."""

import asyncio
import logging

from aiohttp import web

from edd.api.bodies import LEAST_AHEAD
from edd.api.limits import Limits
from edd.api.problems import problem_response, protocol_problem

log = logging.getLogger(__name__)


class Connection(web.RequestHandler):
    """Answers what is not HTTP with a problem, and logs it without a traceback."""

    def __init__(self, server: web.Server, limits: Limits) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]
            auto_decompress=False,
            keepalive_timeout=limits.keep_alive,
            lingering_time=limits.linger,
            max_line_size=limits.header,
            max_field_size=limits.header,
            read_bufsize=LEAST_AHEAD,
        )

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to a request that aiohttp itself could not take."""
        log.info("request not understood: %s", message or exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        problem = protocol_problem(status, (message or "").partition("\n")[0].rstrip(": "))
        response = problem_response(problem)
        response.force_close()
        return response
