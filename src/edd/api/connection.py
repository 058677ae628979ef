"""One client's connection: aiohttp's, but for what a malformed request is answered with.

And it may be taken over by something else than HTTP, with halves that end each for itself.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import InvalidHeader, InvalidURLError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD

from edd.api.bodies import LEAST_AHEAD
from edd.api.limits import Limits
from edd.api.problems import problem_response, protocol_problem
from edd.api.takeover import Intake

log = logging.getLogger(__name__)

_END_OF_HEAD = b"\r\n\r\n"

_MALFORMED = {
    LineTooLong: "A line of the request is too long.",
    InvalidHeader: "A header of the request is malformed.",
    InvalidURLError: "The request is for no address.",
}
"""Words for what aiohttp tells with all that was sent, which may be a secret, as in a cookie."""


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
        self.intake: Intake | None = None
        self._most_head = limits.head
        self._head = self._counted = self._taken = 0
        self._body = EMPTY_PAYLOAD
        self._held: bytearray | None = None
        self._awaited = 0
        self._ended = False

    def take_over(self) -> Intake:
        """Read no more HTTP: what comes from here on is found in what is returned.

        Raises:
            ConnectionError: the client is gone, or has sent another request meanwhile, which would
                be lost.
        """
        if self.transport is None or self._messages:
            raise ConnectionError("the connection cannot be taken over")
        self.intake = Intake(self.transport)
        # aiohttp's way for WebSockets: its own parser is not asked from here on.
        self.set_parser(self.intake)
        if self._held:
            self.intake.feed_data(bytes(self._held))
        self._held = None
        if self._ended:
            self.intake.feed_eof()
        return self.intake

    def set_parser(self, parser: Any, data_received_cb: Callable[[], None] | None = None) -> None:
        """Let ``parser`` have what comes from here on; a WebSocket's also what was held back."""
        super().set_parser(parser, data_received_cb)
        if self._held is not None and self.intake is None:
            held, self._held, self._awaited = bytes(self._held), None, 0
            if self.transport is not None:
                self.transport.resume_reading()
            super().data_received(held)
            if self._ended:
                parser.feed_eof()

    def data_received(self, data: bytes) -> None:
        """Feed the parser of HTTP, and leave who sends a head that does not end.

        The parser bounds each line, but would keep a hundred of them.
        """
        self._feed(data)
        self._head = 0 if self._moves_on() else self._head + len(data)
        if self._head > self._most_head and self.transport is not None:
            log.info("request not understood: its head has more than %d bytes", self._most_head)
            self.transport.abort()

    def _moves_on(self) -> bool:
        """Tell whether what came since the last look was more than a part of a head."""
        if self._close or self._held is not None or self._payload_parser is not None:
            return True
        if self._request_count != self._counted:
            self._counted = self._request_count
            current = self._current_request.content if self._current_request else EMPTY_PAYLOAD
            self._body = self._messages[-1][1] if self._messages else current
            self._taken = self._body.total_bytes
            return True
        before, self._taken = self._taken, self._body.total_bytes
        return self._taken > before or self._upgraded

    def _feed(self, data: bytes) -> None:
        """Feed the parser, but hold back what follows a request to take over.

        The parser would drop what came together with that request's end, and take what comes later
        for the next request.
        """
        if self._held is None and not (self.intake or self._messages or self._current_request):
            data = self._begin_to_hold(data)
        if self._held is None:
            super().data_received(data)
            return
        body = data[: self._awaited]
        self._awaited -= len(body)
        if body:
            super().data_received(body)
        self._held += data[len(body) :]
        if len(self._held) > LEAST_AHEAD and self.transport is not None:
            self.transport.pause_reading()

    def _begin_to_hold(self, data: bytes) -> bytes:
        """Feed a head that ends in ``data``; hold if it asks to take over. Return what is left."""
        end = data.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        if end < len(_END_OF_HEAD):
            return data
        super().data_received(data[:end])
        message = self._messages[-1][0] if self._messages else None
        # A piece that ends with the only end of a head in it ended this one, if any.
        if getattr(message, "upgrade", False) and not getattr(message, "chunked", True):
            self._held = bytearray()
            self._awaited = int(message.headers.get("Content-Length", 0))  # type: ignore[union-attr]
        return data[end:]

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Go on with HTTP after a request to take over that was answered in HTTP."""
        if self._held is not None and self.intake is None:
            held, self._held, self._awaited = bytes(self._held), None, 0
            if self._ended:
                self.close()
            elif self.transport is not None:
                self.transport.resume_reading()
                self.data_received(held)
        return await super().finish_response(request, resp, start_time)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep a connection open that is, or may be, taken over: the other side goes on."""
        if self.intake is None and (self._held is None or self._awaited):
            return False
        self._ended = True
        if self.intake is not None:
            self.intake.feed_eof()
        return True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to a request that aiohttp itself could not take."""
        words = _why(exc, message or "")
        log.info("request not understood: %s", words or exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        problem = protocol_problem(status, words)
        response = problem_response(problem)
        response.force_close()
        return response


def _why(error: BaseException | None, message: str) -> str:
    """Return what was wrong with a request, without a word of it."""
    return _MALFORMED.get(type(error), message.partition("\n")[0].rstrip(": "))
