"""The engine's answers as aiohttp sends them."""

from aiohttp import web
from multidict import CIMultiDict

from edd.engine.passage import Head, Headers, passable


class Passed(web.StreamResponse):
    """The engine's answer with the engine's own headers; ``typed`` if a type is among them."""

    typed = True


def headers_of(head: Head) -> CIMultiDict[str]:
    """Return the answer's headers as aiohttp takes them; the framing is decided anew.

    An engine that lets other sites' pages read its answers does not decide that for this host.
    """
    headers = CIMultiDict(
        (text(name), text(value))
        for name, value in passable(head.headers)
        if not name.lower().startswith(b"access-control-")
    )
    headers.setdefault("Server", "edd")
    for trailer in (value for name, value in head.headers if name.lower() == b"trailer"):
        headers.add("Trailer", text(trailer))
    return headers


def has(headers: Headers, wanted: bytes) -> bool:
    """Tell whether there is a header of that name, in lower case."""
    return any(name.lower() == wanted for name, _value in headers)


def text(raw: bytes) -> str:
    """Return what a head says as text, whatever bytes it has."""
    return raw.decode("utf-8", "replace")
