"""SHA-256 beside the work: hashing lets other threads run, so it costs no time of its own."""

from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from types import TracebackType
from typing import Final, Self

from edd.model.image import Digest

_WORTH_A_THREAD: Final = 1 << 16


class Digesting:
    """Takes pieces in order and returns their digest; at most one piece waits."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._thread = ThreadPoolExecutor(1, "edd-digest")
        self._running: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown()

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        self._wait()
        if len(piece) < _WORTH_A_THREAD:
            self._hash.update(piece)
        else:
            self._running = self._thread.submit(self._hash.update, piece)

    def digest(self) -> Digest:
        """Return the digest of all that was added."""
        self._wait()
        return f"sha256:{self._hash.hexdigest()}"

    def _wait(self) -> None:
        if self._running is not None:
            self._running.result()
            self._running = None
