"""A client's connection over TLS: OpenSSL reads from the socket and writes to it, nothing between.

asyncio's own TLS copies every byte twice more and keeps 256 KiB for each connection.
"""

import asyncio
import logging
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, TypeVarTuple

from edd.api.limits import Limits

log = logging.getLogger(__name__)

T = TypeVar("T")
Given = TypeVarTuple("Given")

_ARRIVING = memoryview(bytearray(1 << 18))
"""Where every connection's bytes arrive: emptied before the loop turns to the next one. So there
may be one loop only, in one thread."""

_RECORD = 1 << 14
"""Bytes given to OpenSSL at once, the most of a TLS record: it takes all of them or none."""

_HIGH_WATER = 1 << 16
_UNSENT = 1 << 17
"""What waits in the kernel, in bytes; with more, a slow reader's progress would hardly show."""

_DISCARD = 1 << 16
_MOST_WORK = 0.1
"""Seconds of processor time that a client may cost in one turn without sending anything: OpenSSL
takes key updates and their like in a loop of its own."""


class TlsTransport(asyncio.Transport):
    """Carries a protocol's bytes over ``link``, from its handshake to its end.

    A client that ends its side, with close_notify, is still answered if the protocol wants to
    (``eof_received`` returns true). `close` sends what is written, then waits for the client to
    hang up as well. A client that makes no progress for as long as ``limits`` say is left.
    """

    def __init__(self, link: ssl.SSLSocket, protocol: asyncio.Protocol, limits: Limits) -> None:
        super().__init__(
            {
                "socket": link,
                "peername": link.getpeername(),
                "sockname": link.getsockname(),
                "ssl_object": link,
                "sslcontext": link.context,
                "peercert": link.getpeercert(),
            }
        )
        self._link = link
        self._number = link.fileno()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._limits = limits
        self._backlog: deque[memoryview] = deque()
        self._waiting = 0
        self._low_water, self._high_water = _HIGH_WATER // 4, _HIGH_WATER
        self._reading = self._writing = self._held_up = False
        self._ended = self._closing = self._lost = False
        self._patience: asyncio.TimerHandle | None = None
        with suppress(OSError):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if hasattr(socket, "TCP_NOTSENT_LOWAT"):
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
        self.resume_reading()
        protocol.connection_made(self)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what arrives from now on to another protocol."""
        assert isinstance(protocol, asyncio.Protocol)  # noqa: S101
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that is fed."""
        return self._protocol

    def is_closing(self) -> bool:
        """Tell whether nothing more is taken for sending."""
        return self._closing

    def is_reading(self) -> bool:
        """Tell whether what arrives is read."""
        return self._reading

    def pause_reading(self) -> None:
        """Leave what arrives in the kernel, so that the client stops sending."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._number)

    def resume_reading(self) -> None:
        """Read again, first of all what OpenSSL has read ahead."""
        if not (self._reading or self._ended or self._closing):
            self._reading = True
            self._loop.add_reader(self._number, self._read)
            self._loop.call_soon(self._read)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait to be sent."""
        return self._waiting

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the sizes below and above which the protocol may write, and is held up."""
        return self._low_water, self._high_water

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when the protocol is held up."""
        self._high_water = _HIGH_WATER if high is None else high
        self._low_water = self._high_water // 4 if low is None else low

    def can_write_eof(self) -> bool:
        """Return False: there is no end of the answer but the connection's."""
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send ``data``, or keep it until the client takes it."""
        kept = memoryview(bytes(data))
        if self._closing or not kept:
            return
        self._backlog.append(kept)
        self._waiting += len(kept)
        if len(self._backlog) == 1:
            self._flush()
        else:
            self._hold_up_or_let_go()

    def close(self) -> None:
        """Send what is left, then say goodbye."""
        if self._closing:
            return
        self.pause_reading()
        self._closing = True
        if self._backlog:
            self._wait(self._limits.farewell)
        else:
            self._say_goodbye()

    def abort(self) -> None:
        """End at once, whatever is left."""
        self._lose(None)

    def _read(self) -> None:
        """Hand on what has arrived, a buffer's worth at most, so that others have their turn."""
        if not self._reading:
            return
        began = time.thread_time()
        filled, ended = 0, False
        problem: Exception | None = None
        # Not recv_into, which would read the bare socket once TLS is over.
        read: Callable[[int, memoryview], int] = self._link.read  # type: ignore[assignment]
        try:
            while filled < len(_ARRIVING) and not ended:
                count = read(_RECORD, _ARRIVING[filled:])
                filled += count
                ended = not count
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLWantWriteError:
            self._loop.remove_reader(self._number)  # nothing can be read before it has written
            self._watch_writing()
        except (OSError, ValueError) as error:
            problem = error
        if not filled and time.thread_time() - began > _MOST_WORK:
            problem = problem or ConnectionAbortedError("it sends work and nothing else")
        if filled:
            self._tell(self._protocol.data_received, bytes(_ARRIVING[:filled]))
        self._after_reading(ended=ended, problem=problem)

    def _after_reading(self, *, ended: bool, problem: Exception | None) -> None:
        if problem is not None:
            log.debug("connection of %s lost: %s", self.get_extra_info("peername"), problem)
            self._lose(problem)
        elif ended:
            self._end()
        elif self.is_reading() and self._link.pending():
            self._loop.call_soon(self._read)  # the kernel does not tell of what OpenSSL holds

    def _end(self) -> None:
        """The client has ended its side."""
        if self._closing:
            return
        self._ended = True
        self.pause_reading()
        if not self._tell(self._protocol.eof_received):
            self.close()

    def _tell(self, told: Callable[[*Given], T], *given: *Given) -> T | None:
        """Call the protocol; one that fails loses its connection, and the loop says why."""
        try:
            return told(*given)
        except Exception as error:
            context = {"message": "a protocol failed", "exception": error, "transport": self}
            self._loop.call_exception_handler(context)
            self._lose(error)
            return None

    def _flush(self) -> None:
        """Send what the client takes."""
        before = self._waiting
        try:
            while self._backlog:
                self._send(self._backlog[0])
        except ssl.SSLWantWriteError:
            self._watch_writing()
        except (OSError, ValueError) as error:
            self._lose(error)
            return
        self._hold_up_or_let_go()
        if self._closing and not self._backlog:
            self._say_goodbye()
        elif self._waiting < before:
            self._note_progress()

    def _send(self, data: memoryview) -> None:
        """Send as much of the first data as is taken now."""
        sent = 0
        try:
            while sent < len(data):
                # Not send, which would write to the bare socket once TLS is over.
                sent += self._link.write(data[sent : sent + _RECORD])
        finally:
            self._waiting -= sent
            if sent < len(data):
                self._backlog[0] = data[sent:]
            else:
                self._backlog.popleft()

    def _note_progress(self) -> None:
        """Begin to wait anew for a client that took something."""
        if self._closing:
            self._wait(self._limits.farewell)
        elif self._held_up:
            self._wait(self._limits.unread)

    def _hold_up_or_let_go(self) -> None:
        if self._waiting > self._high_water and not self._held_up:
            self._held_up = True
            self._wait(self._limits.unread)
            self._tell(self._protocol.pause_writing)
        elif self._waiting <= self._low_water and self._held_up:
            self._held_up = False
            self._wait_no_more()
            self._tell(self._protocol.resume_writing)

    def _watch_writing(self) -> None:
        if not (self._writing or self._lost):
            self._writing = True
            self._loop.add_writer(self._number, self._may_write)

    def _may_write(self) -> None:
        self._stop_writing()
        self._flush()
        if self._reading:
            self._loop.add_reader(self._number, self._read)
            self._read()

    def _stop_writing(self) -> None:
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._number)

    def _say_goodbye(self) -> None:
        """Tell the client that this was all, and wait until it hangs up as well."""
        if self._lost:
            return
        self._wait(self._limits.goodbye)
        try:
            self._link.unwrap()
        except ssl.SSLWantWriteError:
            self._watch_writing()
            return
        except (OSError, ValueError):
            pass  # the client's own goodbye is read as the end of the connection
        with suppress(OSError):
            socket.socket.shutdown(self._link, socket.SHUT_WR)
        self._loop.add_reader(self._number, self._discard)

    def _discard(self) -> None:
        """Drop what the client still sends; to close with it unread would take back the answer."""
        try:
            gone = not socket.socket.recv(self._link, _DISCARD)
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            self._lose(None)

    def _wait(self, seconds: float) -> None:
        self._wait_no_more()
        if not self._lost:
            self._patience = self._loop.call_later(seconds, self._lose, None)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose(self, problem: Exception | None) -> None:
        """Let go of the connection, and tell the protocol."""
        if self._lost:
            return
        self._lost = self._closing = True
        self._reading = False
        self._loop.remove_reader(self._number)
        self._stop_writing()
        self._wait_no_more()
        self._backlog.clear()
        self._waiting = 0
        self._link.close()
        self._loop.call_soon(self._protocol.connection_lost, problem)
