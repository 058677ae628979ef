"""`docker save` as a file to read, for a thread that takes its time."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.parse import quote

from edd.engine.connection import engine_error, message_in
from edd.errors import EngineUnreachableError

SILENCE = 1800.0
"""Seconds without a byte: engines write the whole archive to their disk before its first."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the engine's unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=SILENCE)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SILENCE)
        self.sock.connect(self._path)


@contextmanager
def open_saved(engine: str, image: str) -> Iterator[IO[bytes]]:
    """Yield what the engine behind the unix socket ``engine`` saves of ``image``.

    Raises:
        EngineRefusedError, DiskFullError: it does not, for the reason that it gives.
        EngineUnreachableError: it does not answer, or breaks off.
    """
    link = _UnixConnection(engine)
    try:
        link.request("GET", f"/images/{quote(image, safe=':/@')}/get")
        answer = link.getresponse()
        if answer.status != 200:
            words = message_in(answer.read(2000))
            raise engine_error(f"{image} is not saved: {words}", answer.status)
        yield answer
    except (OSError, http.client.HTTPException) as error:
        raise EngineUnreachableError(f"The engine broke off saving {image}: {error}.") from error
    finally:
        link.close()
