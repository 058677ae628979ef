"""A link between client and host that can be slow, stall or break, and counts what it bears."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Self

PIECE = 16 * 1024
Fate = Callable[[int], bool]
"""Tells whether a connection breaks once it has borne that many bytes towards the host."""


class Relay:
    """Listens on ``port`` and passes on what comes to ``target``, both on loopback.

    ``rate`` is in bytes a second each way, ``delay`` in seconds each way, both shared by all
    connections. ``breaks`` is asked after every piece towards the host, ``breaks_down`` after every
    one from it, and ``stalls`` tells how many seconds a piece towards the host waits. Without
    ``port`` any free one is taken.
    """

    def __init__(
        self,
        target: int,
        *,
        rate: float = float("inf"),
        delay: float = 0.0,
        breaks: Fate = lambda _: False,
        breaks_down: Fate = lambda _: False,
        stalls: Callable[[int], float] = lambda _: 0.0,
        port: int = 0,
    ) -> None:
        self.up = self.down = self.connections = self.broken = 0
        self.breaks, self.breaks_down, self.stalls = breaks, breaks_down, stalls
        self._target = target
        self._ends: set[socket.socket] = set()
        self._delay = delay
        self._up, self._down = Throttle(rate), Throttle(rate)
        self._listener = socket.create_server(("127.0.0.1", port))
        # What waits in the kernel is sent, but has not travelled: keep that little.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * PIECE)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self) -> None:
        """Break every connection that is open now."""
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            host = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        self._ends |= {client, host}
        back = threading.Thread(target=self._pass_down, args=(host, client), daemon=True)
        back.start()
        self._pass_up(client, host)
        back.join()
        self._ends -= {client, host}
        client.close()
        host.close()

    def _pass_up(self, client: socket.socket, host: socket.socket) -> None:
        borne = 0
        with contextlib.suppress(OSError):
            while piece := client.recv(PIECE):
                self._up.wait(len(piece), self._delay)
                time.sleep(self.stalls(borne))
                host.sendall(piece)
                self.up += len(piece)
                borne += len(piece)
                if self.breaks(borne):
                    self.broken += 1
                    break
            else:
                host.shutdown(socket.SHUT_WR)
                return
        _shut(client, host)

    def _pass_down(self, host: socket.socket, client: socket.socket) -> None:
        borne = 0
        with contextlib.suppress(OSError):
            while piece := host.recv(PIECE):
                self._down.wait(len(piece), self._delay)
                client.sendall(piece)
                self.down += len(piece)
                borne += len(piece)
                if self.breaks_down(borne):
                    self.broken += 1
                    _shut(client, host)
                    return
        # Also of a host that was killed, whose end is reset, the client hears.
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)


def _shut(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Throttle:
    """Lets ``rate`` bytes a second through."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = 0.0
        self._lock = threading.Lock()

    def wait(self, size: int, delay: float) -> None:
        """Return when ``size`` more bytes have gone over the link; the first ones also wait.

        A link that was idle for as long as ``delay`` makes the next piece travel that long.
        """
        now = time.monotonic()
        with self._lock:
            idle = now - self._free_at > delay
            self._free_at = max(self._free_at, now + (delay if idle else 0.0)) + size / self._rate
            until = self._free_at
        if until > now:
            time.sleep(until - now)
