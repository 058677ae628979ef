"""An engine in memory, for faults that a real one cannot be made to show."""

import asyncio
import itertools
from collections.abc import Sequence

import msgspec

from edd.engine.containers import Creation
from edd.errors import EddError, EngineUnreachableError, StartFailedError
from edd.model.container import Container


class FakeContainers:
    """Containers that do as told, except those in ``refuses``, and while ``fault`` is set."""

    def __init__(self) -> None:
        self.all: dict[str, Container] = {}
        self.refuses: set[str] = set()
        self.vanishes = ""
        """One that somebody removes by hand while another is to be started."""
        self.fault: Exception | None = None
        self.stalls = False
        self.lines = ["its last words"]
        self.fuse: int | None = None
        self._ids = itertools.count(1)

    def add(self, name: str, *, running: bool = True, labels: dict[str, str] | None = None) -> str:
        container = f"id-{next(self._ids)}"
        facts = {"id": container, "name": name, "image": "sha256:0", "labels": labels or {}}
        state = {"running": running, "restarting": False, "status": "", "health": "none"}
        self.all[container] = msgspec.convert(facts | state, Container)
        return container

    def named(self, name: str) -> Container | None:
        return next((c for c in self.all.values() if c.name == name), None)

    async def inspect(self, name: str) -> Container | None:
        self._check()
        return self.all.get(name) or self.named(name)

    async def labelled(self, label: str, value: str) -> list[str]:
        self._check()
        return [c.id for c in self.all.values() if c.labels.get(label) == value]

    async def create(self, wanted: Creation) -> str:
        self._check()
        return self.add(wanted.name, running=False, labels=wanted.labels)

    async def start(self, container: str) -> None:
        self._check()
        self.all.pop(self.vanishes, None)
        if container in self.refuses:
            raise StartFailedError("the port is taken")
        self._change(container, running=True)

    async def stop(self, container: str, grace: int | None = None) -> None:
        self._check()
        if container in self.all:
            self._change(container, running=False)

    async def restart(self, container: str) -> None:
        await self.start(container)

    async def rename(self, container: str, name: str) -> None:
        self._check()
        if container in self.all:
            self._change(container, name=name)

    async def remove(self, container: str, *, volumes: bool = False) -> None:
        self._check()
        self.all.pop(container, None)

    async def last_lines(self, container: str) -> Sequence[str]:
        if self.stalls:
            await asyncio.sleep(3600)
        return self.lines

    def _check(self) -> None:
        """Fail as told; with a ``fuse`` the engine leaves once it has answered that often."""
        if self.fuse == 0:
            raise EngineUnreachableError("gone")
        if self.fuse is not None:
            self.fuse -= 1
        if self.fault is not None:
            raise self.fault

    def _change(self, container: str, **changes: object) -> None:
        self.all[container] = msgspec.structs.replace(self.all[container], **changes)


class FakeImages:
    """Images of which only the tags matter."""

    def __init__(self) -> None:
        self.untagged: list[str] = []
        self.fault: EddError | None = None

    async def tag(self, image: str, repository: str, tag: str) -> None:
        if self.fault is not None:
            raise self.fault

    async def untag(self, reference: str) -> None:
        self.untagged.append(reference)

    async def tags(self, repository: str) -> list[str]:
        return []
