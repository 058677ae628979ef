"""A browser's certificate is ambient authority: tells apart who made the browser send it."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from edd.errors import ForeignOriginError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})


def is_guarded(method: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a request may change something or opens a WebSocket."""
    return method not in SAFE_METHODS or "Upgrade" in headers


def refuse_foreign(headers: Mapping[str, str]) -> None:
    """Refuse what another site's page made a browser send (Fetch Metadata; RFC 6454).

    Programs send neither header and pass; ``Origin: null`` is foreign.

    Raises:
        ForeignOriginError: the page's origin is not the host the request is for.
    """
    site = headers.get("Sec-Fetch-Site", "none")
    if site.lower() not in OWN_SITES:
        raise ForeignOriginError(f"A browser sent this for another site (Sec-Fetch-Site: {site}).")
    origin = headers.get("Origin")
    if origin is not None and not _is_host(_authority(origin), headers):
        raise ForeignOriginError(f"A page of {origin} made a browser send this.")


def _is_host(authority: str, headers: Mapping[str, str]) -> bool:
    return bool(authority) and authority == headers.get("Host", "").lower()


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
