"""What every listener for browsers has in common: who may ask, and how files are answered.

A page of any site can make a browser send requests to any place, and a name can be made to mean
any address. So the name must be the listener's own (DNS rebinding), and what changes anything must
come from the listener's own pages (Fetch Metadata; RFC 6454).
"""

from aiohttp import web
from multidict import CIMultiDictProxy

from edd.api.origins import OWN_SITES, is_guarded
from edd.console.files import StaticFile
from edd.console.rules import PAGE_RULES


class Refusal(Exception):  # noqa: N818 - it is an answer
    """A request that is not let in: the HTTP ``status``, and a sentence for whoever sent it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def refuse_stray(method: str, headers: CIMultiDictProxy[str], scheme: str, authority: str) -> None:
    """Raise a `Refusal` unless the request is for ``authority`` and of its own pages.

    ``authority`` is the listener's name and port, empty if it has not that of the request. From
    elsewhere a browser may only open a page.
    """
    if not authority or headers.getall("Host", []) != [authority]:
        raise Refusal(421, "This is not the name of this console.")
    site = headers.get("Sec-Fetch-Site", "none").lower()
    if not is_guarded(method, headers):
        if site not in OWN_SITES and headers.get("Sec-Fetch-Mode") != "navigate":
            raise Refusal(403, "A page of another site asked for this.")
        return
    if site not in OWN_SITES or headers.getall("Origin", []) != [f"{scheme}://{authority}"]:
        raise Refusal(403, "A page of another site asked for this.")


def answer_file(request: web.BaseRequest, found: StaticFile | None) -> web.Response:
    """Return a file of the console's, packed if the browser takes that, or that it is the same.

    Raises:
        Refusal: there is none, or it was not to be read.
    """
    if request.method not in {"GET", "HEAD"}:
        raise Refusal(405, "There is nothing here that could be changed.")
    if found is None:
        raise Refusal(404, "The console has no such file.")
    headers = {**PAGE_RULES, "ETag": found.tag, "Cache-Control": "no-cache"}
    headers["Vary"] = "Accept-Encoding"
    if request.headers.get("If-None-Match") == found.tag:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = found.media
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=found.packed, headers=headers)
    return web.Response(body=found.body, headers=headers)
