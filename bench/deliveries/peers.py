"""What other tools would send of a change: bytes only, worked out once and noted in the cache.

All get the missing layers as one file, and as another the layers that they replace.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.deliveries.cases import Change
from bench.deliveries.stored import CACHE, StoredLayer, workshop

PIECE = 1 << 20
LIMIT = 550
"""Seconds until a tool is given up."""


def bytes_of_peers(change: Change) -> dict[str, int]:
    """Return the bytes by the peer's name; nothing where there is no base, or nothing missing."""
    if change.old is None or not change.missing:
        return {}
    layers = [*change.missing, *change.replaced]
    key = hashlib.sha256("".join(layer.digest for layer in layers).encode()).hexdigest()[:16]
    noted = CACHE / f"peers-{key}.json"
    if noted.exists():
        found: dict[str, int] = json.loads(noted.read_text())
        return found
    told = _measured(change.missing, change.replaced)
    if len(told) == len(PEERS):
        noted.write_text(json.dumps(told))
    return told


def _measured(missing: Sequence[StoredLayer], known: Sequence[StoredLayer]) -> dict[str, int]:
    with workshop() as folder:
        new, old = _joined(missing, folder / "new"), _joined(known, folder / "old")
        return {name: size for name, peer in PEERS.items() if (size := peer(new, old, folder)) > 0}


def _joined(layers: Sequence[StoredLayer], path: Path) -> Path:
    if len(layers) == 1:
        return layers[0].path
    with path.open("wb") as out:
        for layer in layers:
            with layer.path.open("rb") as content:
                shutil.copyfileobj(content, out, PIECE)
    return path


def zstd(new: Path, old: Path, folder: Path) -> int:
    """Return the size of zstd's own patch, with the whole base at both ends."""
    out = folder / "zstd"
    # Both need a window as large as the base, and memory for it at both ends.
    _run("zstd", "-q", "-19", "--long=31", f"--patch-from={old}", str(new), "-o", str(out))
    return _size(out)


def rdiff(new: Path, old: Path, folder: Path) -> int:
    """Return the size of rdiff's delta, packed; the sender has the base's signature only."""
    signature, delta, out = folder / "signature", folder / "delta", folder / "rdiff"
    _run("rdiff", "signature", str(old), str(signature))
    _run("rdiff", "delta", str(signature), str(new), str(delta))
    _run("zstd", "-q", "-19", str(delta), "-o", str(out))
    return _size(out)


def xdelta(new: Path, old: Path, folder: Path) -> int:
    """Return the size of xdelta3's patch."""
    out = folder / "xdelta"
    window = min(max(old.stat().st_size, 1 << 19), (1 << 31) - 1)
    _run("xdelta3", "-9", "-q", "-e", "-B", str(window), "-s", str(old), str(new), str(out))
    return _size(out)


def casync(new: Path, old: Path, folder: Path) -> int:
    """Return what casync's chunks of the new file add to those of the old one, and its index."""
    store = folder / "store"
    make = ["casync", "make", f"--store={store}", "--compression=zstd"]
    _run(*make, str(folder / "old.caibx"), str(old))
    before = _stored(store)
    _run(*make, str(folder / "new.caibx"), str(new))
    return _stored(store) - before + _size(folder / "new.caibx")


PEERS: dict[str, Callable[[Path, Path, Path], int]] = {
    "zstd --patch-from": zstd,
    "rdiff, zstd": rdiff,
    "xdelta3": xdelta,
    "casync": casync,
}


def _stored(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.cacnk"))


def _run(*command: str) -> None:
    """Run a peer, out of the way of everything; one that fails or is too slow tells no size."""
    done = subprocess.run(
        ["timeout", str(LIMIT), "nice", "-n", "10", *command],
        check=False,
        capture_output=True,
        env=os.environ,
    )
    if done.returncode:
        print(f"... {' '.join(command)}: {done.stderr.decode()[-300:]}", flush=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
