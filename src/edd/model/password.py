"""A password that lets browsers in, as it is asked for and as it is kept."""

from msgspec import Struct

from edd.model.caller import Caller


class PasswordRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A new password of the caller's; who comes by it may only look (``read_only``), or all."""

    password: str
    read_only: bool = False


class SignIn(Struct, frozen=True):
    """By which name a password is good, and the port where the host listens for browsers."""

    name: str
    port: int


class Scrypt(Struct, frozen=True):
    """What is kept of a password: scrypt's parameters, a salt of its own, and the key they make."""

    n: int
    r: int
    p: int
    salt: bytes
    key: bytes


class Password(Struct, frozen=True):
    """For whom a password lets browsers in.

    ``standing`` is what the rights of the caller's certificate rested on when it was set; nothing
    for who came over the host's own socket.
    """

    caller: Caller
    standing: str
    scrypt: Scrypt
