"""Problem details (RFC 9457) back into the errors they were made of."""

from typing import Any

import msgspec

from edd.errors import EddError, kinds_of

MAX_PROBLEM = 1 << 20
"""Bytes read of a refusal; a longer one is cut and then told as it is."""

_ENVELOPE = frozenset({"type", "title", "status", "detail", "code", "kept", "advice", "instance"})


def error_classes() -> dict[str, type[EddError]]:
    """Return every error the product can express, by its code."""
    return {EddError.code: EddError} | {kind.code: kind for kind in kinds_of(EddError)}


def decode_problem(body: bytes, status: int) -> EddError:
    """Return the error that an answer of ``status`` carries; it is never raised here.

    A code this version does not know becomes a plain `EddError` that keeps the host's words.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = None
    if not isinstance(document, dict):
        return _foreign(body, status)
    return error_from(document, status)


def error_from(document: dict[str, Any], status: int = 0) -> EddError:
    """Return the error that a decoded problem document describes."""
    code = document.get("code")
    kind = error_classes().get(code, EddError) if isinstance(code, str) else EddError
    detail = document.get("detail") or document.get("title")
    data = {str(key): value for key, value in document.items() if key not in _ENVELOPE}
    if kind.code != code and isinstance(code, str):
        data["reported"] = code
    return _build(
        kind, _words(detail) or f"The host answered with status {status}.", document, data
    )


def _build(
    kind: type[EddError], detail: str, document: dict[str, Any], data: dict[str, Any]
) -> EddError:
    error = kind(detail, kept=_words(document.get("kept")), advice=_words(document.get("advice")))
    error.data = data
    return error


def _words(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _foreign(body: bytes, status: int) -> EddError:
    words = body[:500].decode("utf-8", "replace").strip().partition("\n")[0]
    return EddError(
        f"The host answered with status {status}" + (f": {words}" if words else "."),
        advice="See that it is an ED daemon that listens there, and no proxy: edd doctor.",
    )
