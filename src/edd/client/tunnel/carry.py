"""A stream of the host carried to the browser over a WebSocket, both ways, message by message.

What the host refuses is told as it tells what its engine refuses (`edd.api.carrying`): a first
message ``{"error": …, "status": …}``, and a close with 4000 and that status.
"""

from contextlib import suppress

import aiohttp
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from edd.api.carrying import AHEAD, LARGEST, REFUSED, close
from edd.api.presence import until_first
from edd.api.problems import status_of
from edd.client.transport import Transport
from edd.errors import EddError

_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse

_BROKEN = WSCloseCode.INTERNAL_ERROR, "the host broke off"


async def carry(request: web.BaseRequest, transport: Transport) -> web.WebSocketResponse:
    """Open the WebSocket, carry the host's stream until one side ends it, and close it; return it.

    Each side is read as fast as the other takes. The close has the host's code and words; 1011 is
    the code where it broke off.
    """
    socket = web.WebSocketResponse(
        compress=False, max_msg_size=LARGEST["POST"] + 1, writer_limit=AHEAD
    )
    await socket.prepare(request)
    try:
        async with transport.stream(request.rel_url.raw_path_qs) as host:
            outward, _ = await until_first(_pass_on(host, socket), _pass_on(socket, host))
        ending = _BROKEN if outward.cancelled() else outward.result()
    except EddError as error:
        ending = await _refuse(socket, error)
    await close(request, socket, *ending)
    return socket


async def _pass_on(source: _Socket, target: _Socket) -> tuple[int, str]:
    """Pass messages on until one side closes or breaks off; return the code and its words."""
    with suppress(ConnectionError):
        while True:
            message = await source.receive()
            if message.type is WSMsgType.BINARY:
                await target.send_bytes(message.data)
            elif message.type is WSMsgType.TEXT:
                await target.send_str(message.data)
            else:
                return _ending(message)
    return _BROKEN


def _ending(message: WSMessage) -> tuple[int, str]:
    if message.type is WSMsgType.CLOSE:
        return message.data or WSCloseCode.OK, message.extra or ""
    return _BROKEN


async def _refuse(socket: web.WebSocketResponse, error: EddError) -> tuple[int, str]:
    status = status_of(type(error))
    with suppress(ConnectionError):
        words = f"{error.detail} {error.advice}".strip()
        await socket.send_json({"error": words, "status": status})
    return REFUSED + status, error.detail
