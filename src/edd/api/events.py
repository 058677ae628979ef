"""Progress as newline-delimited JSON, told to whoever waits for an operation.

The operation never waits for its listener: what a slow one has not taken is overtaken by newer
counts, and what a vanished one would have read is dropped.
"""

import asyncio
from contextlib import suppress

import msgspec
from aiohttp import web

from edd.model.job import Event, Progress

MEDIA_TYPE = "application/x-ndjson"
PACE = 0.1
"""Seconds between two lines about the same step."""

MAX_WAITING = 200
"""Lines that may wait for a slow listener."""


def wants_events(request: web.BaseRequest) -> bool:
    """Tell whether the caller asks for events rather than for one answer."""
    accepted = request.headers.get("Accept", "").lower().split(",")
    return any(choice.split(";")[0].strip() == MEDIA_TYPE for choice in accepted)


class EventStream:
    """An answer that begins while its operation still runs.

    It begins when the body is first read, or at the first report where there is no body; a refusal
    before that is an ordinary problem.
    """

    def __init__(self, request: web.BaseRequest, *, waits_for_body: bool, farewell: float) -> None:
        self._request = request
        self._farewell = farewell
        self._may_begin = not waits_for_body
        self._waiting: dict[tuple[str, str], Event] = {}
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._writer: asyncio.Task[web.StreamResponse] | None = None

    @property
    def begun(self) -> bool:
        """Tell whether the status line is decided: from here on failures are events."""
        return self._writer is not None

    def begin(self) -> None:
        """Begin the answer; what was reported so far is its first lines."""
        self._may_begin = True
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    def report(self, progress: Progress) -> None:
        """Take progress: counts of one step overtake each other, other words stand in line."""
        counted = progress.done is not None
        key = (progress.step, "" if counted else progress.message)
        if key in self._waiting or len(self._waiting) < MAX_WAITING:
            self._waiting[key] = progress
        self._news.set()
        if self._may_begin:
            self.begin()

    async def end(self, last: Event) -> web.StreamResponse:
        """Send what waits and the last event; who does not take them in time is cut off."""
        self._waiting["", ""] = last
        self._ended.set()
        self._news.set()
        self.begin()
        writer = self._writer
        assert writer is not None  # noqa: S101
        done, _late = await asyncio.wait({writer}, timeout=self._farewell)
        if not done and (transport := self._request.transport) is not None:
            transport.abort()
        return await writer

    def abandon(self) -> None:
        """Stop writing at once; nothing happens where the end was sent."""
        if self._writer is not None:
            self._writer.cancel()

    async def _write(self) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": MEDIA_TYPE})
        with suppress(ConnectionError):
            await response.prepare(self._request)
            while not self._ended.is_set():
                await self._news.wait()
                await self._write_waiting(response)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ended.wait(), PACE)
            await self._write_waiting(response)
            await response.write_eof()
        return response

    async def _write_waiting(self, response: web.StreamResponse) -> None:
        self._news.clear()
        if self._waiting:
            lines, self._waiting = self._waiting.values(), {}
            await response.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
