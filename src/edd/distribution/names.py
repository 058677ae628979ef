"""The words in a request's path, refused unless they have the specification's form."""

import re

from edd.distribution.problems import Problem, refusal
from edd.model.image import DIGEST, Digest

_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(f"{_PART}(?:/{_PART})*")
_LONGEST_REPOSITORY = 255
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_UPLOAD = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def repository_in(text: str) -> str:
    """Return a repository's name (distribution-spec, "Pulling manifests": ``<name>``)."""
    if len(text) > _LONGEST_REPOSITORY or not _REPOSITORY.fullmatch(text):
        raise refusal(Problem.NAME_INVALID, "The repository's name is not a valid one.")
    return text


def digest_in(text: str) -> Digest:
    """Return a SHA-256 digest; the specification lets a registry refuse other algorithms."""
    if not DIGEST.fullmatch(text):
        raise refusal(Problem.DIGEST_INVALID, "A digest here is sha256: and 64 lower-case digits.")
    return text


def reference_in(text: str) -> str:
    """Return a manifest's tag or digest."""
    if ":" in text:
        return digest_in(text)
    if not _TAG.fullmatch(text):
        raise refusal(Problem.MANIFEST_INVALID, "The tag is not a valid one.")
    return text


def upload_in(text: str) -> str:
    """Return the name of an upload, of the form that any storage may give."""
    if not _UPLOAD.fullmatch(text):
        raise refusal(Problem.BLOB_UPLOAD_UNKNOWN, "There is no such upload.")
    return text
