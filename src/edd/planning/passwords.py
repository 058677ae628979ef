"""Which passwords are taken: long ones.

Length is what is asked for, and no kinds of characters (NIST SP 800-63B-4, section 3.1.1.2).
"""

import unicodedata

from edd.errors import InvalidRequestError

SHORTEST = 12
"""Characters."""

LONGEST = 256
"""Bytes of UTF-8."""


def secret_of(typed: str) -> bytes:
    """Return what is hashed of a password: the same from every keyboard (NFKC, UTF-8)."""
    return unicodedata.normalize("NFKC", typed).encode("utf-8", "surrogatepass")


def checked(typed: str) -> bytes:
    """Return what is hashed of a new password.

    Raises:
        InvalidRequestError: it is too short, too long, or has what no field of a page takes.
    """
    text = unicodedata.normalize("NFKC", typed)
    if not text.isprintable():
        raise InvalidRequestError("A password has characters that can be seen, and spaces.")
    if len(text) < SHORTEST:
        raise InvalidRequestError(
            f"A password has {SHORTEST} characters at least.",
            advice="Take some words that have nothing to do with each other, or a manager's.",
        )
    if max(len(typed.encode()), len(text.encode())) > LONGEST:
        raise InvalidRequestError(f"A password has {LONGEST} bytes at most.")
    return text.encode()
