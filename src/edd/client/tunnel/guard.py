"""Which requests may reach the door at all, by what a browser says of them. No I/O.

A page of any site can make a browser send requests to loopback, and a name can be made to mean
127.0.0.1. So the name must be the door's own random one (DNS rebinding), and what changes anything
must come from the door's own pages (Fetch Metadata; RFC 6454).
"""

from multidict import CIMultiDictProxy

from edd.api.origins import OWN_SITES, is_guarded


class Refusal(Exception):  # noqa: N818 - it is an answer
    """A request that is not let in: the HTTP ``status``, and a sentence for whoever sent it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def refuse_stray(method: str, headers: CIMultiDictProxy[str], authority: str) -> None:
    """Raise a `Refusal` unless the request is for ``authority`` and of its own pages.

    ``authority`` is the door's name and port. From elsewhere a browser may come by a link only.
    """
    if headers.getall("Host", []) != [authority]:
        raise Refusal(421, "This is not the name of this console.")
    site = headers.get("Sec-Fetch-Site", "none").lower()
    if not is_guarded(method, headers):
        if site not in OWN_SITES and headers.get("Sec-Fetch-Mode") != "navigate":
            raise Refusal(403, "A page of another site asked for this.")
        return
    if site not in OWN_SITES or headers.getall("Origin", []) != [f"http://{authority}"]:
        raise Refusal(403, "A page of another site asked for this.")
