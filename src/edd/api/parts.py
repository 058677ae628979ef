"""Parts of blobs, in the headers of draft-ietf-httpbis-resumable-upload.

`Upload-Offset` counts bytes of the blob itself, whatever ``Content-Encoding`` the part has: a
sender that comes back may pack what is left in another way.
"""

import re

from aiohttp import web

from edd.api.bodies import chunks_of
from edd.api.limits import Limits
from edd.errors import InvalidRequestError
from edd.model.offer import Received
from edd.model.upload import Part

CODINGS = {"": False, "identity": False, "zstd": True}
_OFFSET = re.compile(r"[0-9]{1,18}")
_FLAGS = {"?0": False, "?1": True}  # RFC 9651, section 3.3.6: a Boolean


def part_of(request: web.BaseRequest, limits: Limits) -> Part:
    """Return the part in the body of ``request``.

    Raises:
        InvalidRequestError: its headers do not say which part it is.
        HTTPUnsupportedMediaType: it is packed in a way that is not taken here.
    """
    coding = request.headers.get("Content-Encoding", "").lower()
    if coding not in CODINGS:
        raise web.HTTPUnsupportedMediaType(text="Send a part plain or packed with zstd.")
    offset = request.headers.get("Upload-Offset", "")
    last = _FLAGS.get(request.headers.get("Upload-Complete", ""))
    if not _OFFSET.fullmatch(offset) or last is None:
        raise InvalidRequestError(
            "A part needs the headers Upload-Offset (a number) and Upload-Complete (?0 or ?1)."
        )
    source = chunks_of(request, limits.silence)
    return Part(source, int(offset), last=last, packed=CODINGS[coding])


def headers_of(received: Received) -> dict[str, str]:
    """Return the headers that tell how much was received."""
    return {
        "Upload-Offset": str(received.size),
        "Upload-Complete": "?1" if received.complete else "?0",
    }
