"""Bounds on what comes from outside: none is meant to be met by a client that behaves."""

from msgspec import Struct


class Limits(Struct, frozen=True):
    """Times in seconds, sizes in bytes.

    ``silence``: how long a sender may keep still within a body; the whole has no bound.
    ``farewell``: how long a listener has to take the last events, and a client between two pieces
    of an answer that ends its connection. ``unread``: between two pieces of any other.
    ``linger``: how long a refused sender may go on sending, so that it reads the refusal.
    ``keep_alive``: how long a connection may idle between two requests, or before its first.
    ``handshake``: how long a client has for TLS. ``goodbye``: to answer the end of TLS.
    ``connections``: how many may be open; one that idles over TLS costs about 40 KiB. ``of_one``:
    how many of them from one network.
    ``handshakes``: how many at one time; further clients wait in the kernel's queue.
    ``handshakes_of_one``: how many from one network; its further clients wait for these.
    ``header``: one header line, or the request line. ``head``: all of them. ``json``: a JSON body.
    """

    silence: float = 300.0
    farewell: float = 30.0
    unread: float = 3600.0
    linger: float = 30.0
    keep_alive: float = 75.0
    handshake: float = 10.0
    goodbye: float = 5.0
    connections: int = 1000
    of_one: int = 250
    handshakes: int = 128
    handshakes_of_one: int = 32
    header: int = 16 * 1024
    head: int = 64 * 1024
    json: int = 1 << 20


USUAL = Limits()
