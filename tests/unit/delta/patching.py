"""Patches made and applied in memory."""

import hashlib
import io
from collections.abc import Sequence

from edd.delta import Base, Effort, apply_patch, decode_skeleton, describe, make_patch


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def base_of(layer: bytes, *, content: bool) -> Base:
    """Return ``layer`` as a base: with its content, or as a host tells of it."""
    if content:
        skeleton = describe(io.BytesIO(layer), sums=False)
        return Base(digest_of(layer), skeleton, io.BytesIO(layer))
    return Base(digest_of(layer), decode_skeleton(describe(io.BytesIO(layer)).encode()))


def patch_of(
    target: bytes, layers: Sequence[bytes], *, content: bool = True, effort: Effort = Effort.NORMAL
) -> bytes:
    out = io.BytesIO()
    bases = [base_of(layer, content=content) for layer in layers]
    facts = make_patch(io.BytesIO(target), bases, out, effort)
    assert facts.target == digest_of(target)
    assert facts.patch_bytes == len(out.getvalue())
    return out.getvalue()


def apply(patch: bytes, layers: Sequence[bytes], limit: int = 1 << 40) -> bytes:
    out = io.BytesIO()
    held = {digest_of(layer): io.BytesIO(layer) for layer in layers}
    digest = apply_patch(io.BytesIO(patch), held, out, limit)
    assert digest == digest_of(out.getvalue())
    return out.getvalue()


def round_trip(target: bytes, layers: Sequence[bytes], *, content: bool = True) -> int:
    """See that ``target`` comes back from a patch against ``layers``; return the patch's size."""
    patch = patch_of(target, layers, content=content)
    assert apply(patch, layers) == target
    return len(patch)
