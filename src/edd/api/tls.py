"""A client's connection over TLS: OpenSSL reads from the socket and writes to it, nothing between.

asyncio's own TLS copies every byte twice more and keeps 256 KiB for each connection.
"""

import asyncio
import socket
import ssl
from collections import deque
from contextlib import suppress

_ARRIVING = memoryview(bytearray(1 << 18))
"""Where every connection's bytes arrive: emptied before the loop turns to the next one."""

_HIGH_WATER = 1 << 16
_DISCARD = 1 << 16


class TlsTransport(asyncio.Transport):
    """Carries a protocol's bytes over ``link``, from its handshake to its end.

    A client that ends its side is still answered if the protocol wants to (``eof_received``
    returns true). `close` sends what is written and waits ``goodbye`` seconds, at each step, for
    the client to take it and to hang up as well.
    """

    def __init__(self, link: ssl.SSLSocket, protocol: asyncio.Protocol, goodbye: float) -> None:
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
        self._goodbye = goodbye
        self._backlog: deque[memoryview] = deque()
        self._waiting = 0
        self._low_water, self._high_water = _HIGH_WATER // 4, _HIGH_WATER
        self._reading = self._writing = self._held_up = False
        self._ended = self._closing = self._lost = False
        self._patience: asyncio.TimerHandle | None = None
        with suppress(OSError):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        protocol.connection_made(self)
        self.resume_reading()

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
        if self._closing or not data:
            return
        self._backlog.append(memoryview(bytes(data)))
        self._waiting += len(data)
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
        self._wait_for_client()
        if not self._backlog:
            self._say_goodbye()

    def abort(self) -> None:
        """End at once, whatever is left."""
        self._lose(None)

    def _read(self) -> None:
        """Hand on what has arrived, a buffer's worth at most, so that others have their turn."""
        if not self._reading:
            return
        filled, ended = 0, False
        problem: OSError | None = None
        try:
            while filled < len(_ARRIVING) and not ended:
                count = self._link.recv_into(_ARRIVING[filled:])
                filled += count
                ended = not count
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLWantWriteError:
            self._watch_writing()
        except OSError as error:
            problem = error
        if filled:
            self._protocol.data_received(bytes(_ARRIVING[:filled]))
        if problem is not None:
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
        if not self._protocol.eof_received():
            self.close()

    def _flush(self) -> None:
        """Send what the client takes."""
        before = self._waiting
        try:
            while self._backlog:
                self._send(self._backlog[0])
        except ssl.SSLWantWriteError:
            self._watch_writing()
        except OSError as error:
            self._lose(error)
            return
        self._hold_up_or_let_go()
        if self._closing:
            if not self._backlog:
                self._say_goodbye()
            elif self._waiting < before:
                self._wait_for_client()

    def _send(self, data: memoryview) -> None:
        """Send as much of the first data as is taken now; OpenSSL takes a record at a time."""
        sent = 0
        try:
            while sent < len(data):
                sent += self._link.send(data[sent:])
        finally:
            self._waiting -= sent
            if sent < len(data):
                self._backlog[0] = data[sent:]
            else:
                self._backlog.popleft()

    def _hold_up_or_let_go(self) -> None:
        if self._waiting > self._high_water and not self._held_up:
            self._held_up = True
            self._protocol.pause_writing()
        elif self._waiting <= self._low_water and self._held_up:
            self._held_up = False
            self._protocol.resume_writing()

    def _watch_writing(self) -> None:
        if not self._writing:
            self._writing = True
            self._loop.add_writer(self._number, self._may_write)

    def _may_write(self) -> None:
        self._stop_writing()
        self._flush()
        self._read()

    def _stop_writing(self) -> None:
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._number)

    def _say_goodbye(self) -> None:
        """Tell the client that this was all, and wait until it hangs up as well."""
        with suppress(OSError, ValueError):
            self._link.unwrap()
        with suppress(OSError):
            socket.socket.shutdown(self._link, socket.SHUT_WR)
        self._wait_for_client()
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

    def _wait_for_client(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = self._loop.call_later(self._goodbye, self._lose, None)

    def _lose(self, problem: OSError | None) -> None:
        """Let go of the connection, and tell the protocol."""
        if self._lost:
            return
        self._lost = self._closing = True
        self._reading = False
        self._loop.remove_reader(self._number)
        self._stop_writing()
        self._backlog.clear()
        if self._patience is not None:
            self._patience.cancel()
        self._link.close()
        self._loop.call_soon(self._protocol.connection_lost, problem)
