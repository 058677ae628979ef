"""The client's side of a WebSocket: its input, and whether it is still there."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import WSMessage, WSMsgType, web

from edd.api.presence import until_first, until_gone
from edd.errors import EngineUnreachableError

if TYPE_CHECKING:
    from edd.engine.passage import Passage

PING = 20.0
"""Seconds between two pings."""

PATIENCE = 60.0
"""Seconds that a client may be silent, pings included, before it counts as gone."""


class Hearing:
    """Passes on what the client of ``socket`` sends, and notices when it leaves.

    A browser cannot leave a WebSocket unread, so it says ``pause`` and ``resume`` instead.
    """

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._request = request
        self._socket = socket
        self._inward: Passage | None = None
        self._begun = asyncio.Event()
        self._passing = False
        self._taken = 0
        self._paused = False
        self._wanted = asyncio.Event()
        self._wanted.set()

    def begin(self, inward: "Passage | None") -> None:
        """Let input go ``inward`` from here on, or nowhere; until then it waits."""
        self._inward = inward
        self._begun.set()

    async def until_wanted(self) -> None:
        """Return once the client takes more output.

        A pause does not hold while input waits: the ``resume`` may be behind that, and the process
        may read no input before its output is taken.
        """
        await self._wanted.wait()

    async def until_left(self) -> None:
        """Return once the client has left; one that went without a word is cut off."""
        gone = until_gone(self._request, lambda: self._taken)
        hearing, *_ = await until_first(self._hear(), gone, self._until_mute())
        if not hearing.cancelled():
            hearing.result()
        elif self._request.transport is not None:
            self._request.transport.abort()

    async def _hear(self) -> None:
        with suppress(ConnectionError):
            async for message in self._socket:
                self._taken += 1
                if message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
                elif message.type is WSMsgType.TEXT and message.data in {"pause", "resume"}:
                    self._pace(paused=message.data == "pause", passing=False)
                elif message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
                    self._pace(paused=self._paused, passing=True)
                    await self._pass_on(message)
                    self._pace(paused=self._paused, passing=False)

    def _pace(self, *, paused: bool, passing: bool) -> None:
        self._paused, self._passing = paused, passing
        if paused and not passing:
            self._wanted.clear()
        else:
            self._wanted.set()

    async def _pass_on(self, message: WSMessage) -> None:
        """Pass input on; what nobody reads any more is dropped."""
        await self._begun.wait()
        if self._inward is None:
            return
        if message.type is WSMsgType.BINARY:
            with suppress(EngineUnreachableError):
                await self._inward.put(message.data)
        elif message.data == "eof":
            self._inward.end_putting()

    async def _until_mute(self) -> None:
        """Return once the client answers no ping, though nothing that waits for it is in the way.

        Its answer is not read while its input waits, nor does a ping reach it behind output that
        it has not read yet. Its connection tells whether it is there, then (`until_gone`).
        """
        silent, taken = -PING, self._taken
        with suppress(ConnectionError):
            while silent < PATIENCE:
                await asyncio.sleep(PING)
                held_up = self._passing or self._request.protocol.writing_paused
                silent = 0.0 if held_up or taken != self._taken else silent + PING
                taken = self._taken
                await self._socket.ping()
