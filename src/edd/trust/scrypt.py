"""Passwords made into what may be kept: scrypt (RFC 7914), by OpenSSL.

Blocking, without holding Python's lock: call from a thread. One needs 32 MiB meanwhile, which
OpenSSL takes in one piece, so that it goes back to the system (`edd.memory`).
"""

import hashlib
import hmac
import secrets

from edd.model.password import Scrypt

N, R, P = 1 << 15, 8, 3
"""As costly as OWASP's other choices (Password Storage Cheat Sheet), in a quarter of the memory."""

_SALT = 16
_KEY = 32


def kept_of(secret: bytes) -> Scrypt:
    """Return what is kept of a new password."""
    bare = Scrypt(N, R, P, secrets.token_bytes(_SALT), bytes(_KEY))
    return Scrypt(N, R, P, bare.salt, _key(secret, bare))


def nobodys() -> Scrypt:
    """Return what no password fits; to find that out takes as long as with any other."""
    return Scrypt(N, R, P, secrets.token_bytes(_SALT), secrets.token_bytes(_KEY))


def fits(secret: bytes, known: Scrypt) -> bool:
    """Tell whether a password is the one of which ``known`` was kept."""
    return hmac.compare_digest(_key(secret, known), known.key)


def _key(secret: bytes, like: Scrypt) -> bytes:
    return hashlib.scrypt(
        secret,
        salt=like.salt,
        n=like.n,
        r=like.r,
        p=like.p,
        maxmem=128 * like.r * (like.n + like.p + 2),
        dklen=len(like.key),
    )
