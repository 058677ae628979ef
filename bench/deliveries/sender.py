"""The workstation: an engine that has both images, and what it remembers of earlier deliveries."""

import shutil
from pathlib import Path

from bench.deliveries.cases import Change
from bench.deliveries.stored import StoredImage
from tests.support.engine import TestEngine


class Workstation:
    """An engine that holds a change, put back between rounds to where it had only the old image.

    A classic engine notes the packed digests of what it pushed, and keeps the notes when the
    image is removed: those of the new layers are removed here, so that every round packs anew.
    """

    def __init__(self, engine: TestEngine, root: Path) -> None:
        self.engine = engine
        self.cache = root / "cache"
        self.layouts = root / "layouts"
        self._notes: set[Path] = set()
        self._change: Change | None = None

    def hold(self, change: Change) -> None:
        """Have the old image only, and nothing of other changes."""
        self._change = change
        self.begin(change.old)

    def begin(self, image: StoredImage | None) -> None:
        """Have ``image`` only, and nothing that is remembered."""
        self.engine.clean()
        for folder in (self.cache, self.layouts):
            shutil.rmtree(folder, ignore_errors=True)
        for note in self._files():
            note.unlink()
        if image:
            image.load(self.engine)

    def settle(self) -> None:
        """Take what is noted now, after the old image's deliveries, as what is always known."""
        self._notes = set(self._files())

    def renew(self) -> None:
        """Have the new image as if it had just been built."""
        change = self._change
        if change is None or change.new == change.old:
            return
        self.engine.docker("rmi", "--force", f"sha256:{change.new.digest}", check=False)
        for note in set(self._files()) - self._notes:
            note.unlink()
        change.new.load(self.engine, change.old)

    def _files(self) -> list[Path]:
        notes = self.engine.data / "image/overlay2/distribution"
        return [path for path in notes.rglob("*") if path.is_file()]
