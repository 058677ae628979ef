"""An engine that loads nothing: a plain unix-socket HTTP server that reads bodies and forgets them.

Run as ``python -m bench.sink SOCKET``. It answers what a daemon asks an engine around a load, and
``GET /received`` tells how many body bytes the last load had.
"""

import json
import platform
import re
import socket
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path

BUFFER = 1 << 20
FACTS = {
    "/_ping": "OK",
    "/version": {
        "Version": "20.10.24",
        "ApiVersion": "1.41",
        "MinAPIVersion": "1.12",
        "Os": "linux",
        "Arch": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64"),
    },
    "/info": {
        "Driver": "overlay2",
        "DriverStatus": [["Backing Filesystem", "extfs"]],
        "DockerRootDir": "/",
        "OSType": "linux",
        "Architecture": platform.machine(),
        "ServerVersion": "20.10.24",
    },
    "/containers/json": [],
    "/images/json": [],
}


class Connection:
    """One client, request after request."""

    received = 0

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._buffer = bytearray(BUFFER)
        self._space = memoryview(self._buffer)
        self._start = self._end = 0
        self._bodiless = False
        self._last = False

    def serve(self) -> None:
        """Answer requests until the client goes, or has asked for an end."""
        with closing(self._link), suppress(ConnectionError, EOFError):
            while not self._last:
                self._answer_one()

    def _answer_one(self) -> None:
        head = self._until(b"\r\n\r\n").decode("latin-1") + "\r\n"
        self._bodiless = head.startswith("HEAD ")
        self._last = "\r\nconnection: close" in head.lower()
        path = re.sub(r"^/v\d+\.\d+(?=/)", "", head.split(" ", 2)[1]).partition("?")[0]
        if "\r\nexpect: 100-continue" in head.lower():
            self._link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        size = self._body(head.lower())
        if path == "/images/load":
            Connection.received = size
            return self._send(200, {"stream": "Loaded image: sink:latest\n"})
        if path == "/received":
            return self._send(200, Connection.received)
        if path in FACTS:
            return self._send(200, FACTS[path])
        return self._send(404, {"message": "the sink keeps nothing"})

    def _body(self, head: str) -> int:
        if length := re.search(r"\r\ncontent-length: *(\d+)", head):
            return self._discard(int(length[1]))
        if "\r\ntransfer-encoding: chunked" not in head:
            return 0
        total = 0
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            total += self._discard(size)
            self._discard(2)
        self._until(b"\r\n")
        return total

    def _discard(self, size: int) -> int:
        taken = min(size, self._end - self._start)
        self._start += taken
        left = size - taken
        while left:
            left -= self._receive(0, min(left, BUFFER))
        return size

    def _until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark, self._start, self._end)) < 0:
            kept = self._end - self._start
            self._space[:kept] = self._space[self._start : self._end]
            self._start, self._end = 0, kept + self._receive(kept, BUFFER - kept)
        found = bytes(self._space[self._start : at])
        self._start = at + len(mark)
        return found

    def _receive(self, offset: int, most: int) -> int:
        if count := self._link.recv_into(self._space[offset:], most):
            return count
        raise EOFError

    def _send(self, status: int, value: object) -> None:
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        head = (
            f"HTTP/1.1 {status} Answer\r\nApi-Version: 1.41\r\nOstype: linux\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._link.sendall(head.encode() + (b"" if self._bodiless else body))


def main(path: Path) -> None:
    """Serve on the unix socket ``path`` until killed."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen(64)
        while True:
            link, _ = door.accept()
            threading.Thread(target=Connection(link).serve, daemon=True).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
