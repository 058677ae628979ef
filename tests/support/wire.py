"""A push by hand: what registry clients say, one request at a time, and what they never would."""

import gzip
import hashlib
import http.client
import json
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.certificates import Client
from tests.support.daemon import Daemon
from tests.support.images import Image, image_json

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

Pack = Callable[[bytes], bytes]


def packed(content: bytes) -> bytes:
    """Return ``content`` as gzip, the same bytes each time."""
    return gzip.compress(content, 6, mtime=0)


def digest_of(content: bytes) -> str:
    """Return the digest of ``content``."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The specification's code of a refusal."""
        return str(json.loads(self.body)["errors"][0]["code"])

    @property
    def message(self) -> str:
        """The words of a refusal."""
        return str(json.loads(self.body)["errors"][0]["message"])


class Wire:
    """Requests below ``/v2/NAME``, each over a connection of its own."""

    def __init__(self, host: Daemon, client: Client, name: str = "website") -> None:
        self.host = host
        self.name = name
        self._context = ssl.create_default_context(cafile=host.trust.paths.ca_certificate)
        self._context.load_cert_chain(client.certificate, client.key)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """Send one request; names of headers may have underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        link = self.connect()
        try:
            link.request(method, path, body, named)
            answer = link.getresponse()
            return Reply(answer.status, dict(answer.headers), answer.read())
        finally:
            link.close()

    def connect(self) -> http.client.HTTPSConnection:
        """Return a new connection to the host."""
        address, _, port = self.host.settings["listen"].rpartition(":")
        return http.client.HTTPSConnection(address, int(port), context=self._context, timeout=120)

    def begin(self) -> str:
        """Begin an upload and return where it goes on."""
        return self.ask("POST", f"/v2/{self.name}/blobs/uploads/").headers["Location"]

    def has(self, digest: str) -> bool:
        """Tell whether the host says that a blob is there."""
        return self.ask("HEAD", f"/v2/{self.name}/blobs/{digest}").status == 200

    def blob(self, content: bytes, media_type: str) -> dict[str, Any]:
        """Send a blob whole unless the host has it; return its descriptor."""
        digest = digest_of(content)
        if not self.has(digest):
            sent = self.ask("PUT", f"{self.begin()}?digest={digest}", content)
            assert sent.status == 201, sent.body
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def manifest_of(self, image: Image, pack: Pack = packed) -> dict[str, Any]:
        """Send the blobs of ``image``; return its manifest."""
        plain = [b"".join(layer.read()) for layer in image.layers]
        config = image_json(image, [layer.digest for layer in image.layers])
        return {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(config, CONFIG),
            "layers": [self.blob(pack(layer), LAYER) for layer in plain],
        }

    def put(self, manifest: dict[str, Any], reference: str = "latest") -> Reply:
        """Send a manifest or an index; by its digest if ``reference`` is empty."""
        content = json.dumps(manifest).encode()
        place = f"/v2/{self.name}/manifests/{reference or digest_of(content)}"
        return self.ask("PUT", place, content, Content_Type=manifest["mediaType"])

    def push(self, image: Image, pack: Pack = packed) -> Reply:
        """Push ``image`` as ``latest``."""
        return self.put(self.manifest_of(image, pack))

    def push_index(self, images: Sequence[Image]) -> Reply:
        """Push ``images``, one for each platform, as one tag."""
        entries = []
        for image in images:
            manifest = self.manifest_of(image)
            assert self.put(manifest, "").status == 201
            content = json.dumps(manifest).encode()
            platform = {"os": "linux", "architecture": image.architecture}
            entry = {"mediaType": MANIFEST, "digest": digest_of(content), "size": len(content)}
            entries.append(entry | {"platform": platform})
        return self.put({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
