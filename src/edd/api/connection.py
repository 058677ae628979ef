"""One client's connection: aiohttp's, but for what a malformed request is answered with."""

import asyncio
import logging

from aiohttp import web

from edd.api.limits import Limits
from edd.api.problems import problem_response, protocol_problem

log = logging.getLogger(__name__)


_ARRIVING = memoryview(bytearray(1 << 18))
"""Where every connection's bytes arrive: emptied before the loop turns to the next one."""


class Connection(web.RequestHandler, asyncio.BufferedProtocol):
    """Answers what is not HTTP with a problem, and logs it without a traceback.

    Being a buffered protocol, it is given many TLS records at a time; otherwise asyncio makes an
    object of each and joins them, for a tenth of the processor time of an upload.
    """

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
        )

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Return where asyncio puts what arrives."""
        return _ARRIVING

    def buffer_updated(self, nbytes: int) -> None:
        """Take what has arrived; as a copy, since aiohttp may keep it."""
        self.data_received(bytes(_ARRIVING[:nbytes]))

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
