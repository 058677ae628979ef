"""What the engine says of itself, and the events that show it is alive."""

from edd.engine.connection import ENDLESS, EngineConnection
from edd.model.host import EngineFacts

CONTAINERD_DRIVER = "io.containerd.snapshotter.v1"


class EngineSelf:
    """The engine's own description."""

    def __init__(self, engine: EngineConnection) -> None:
        self._engine = engine

    async def facts(self) -> EngineFacts:
        """Return version, platform, image store and data directory."""
        version = await self._engine.raw_version()
        info = await self._engine.call("GET", "/info")
        status = [tuple(row) for row in info.get("DriverStatus") or []]
        containerd = ("driver-type", CONTAINERD_DRIVER) in status
        return EngineFacts(
            version=str(version.get("Version", "")),
            api_version=await self._engine.version(),
            os=str(version.get("Os", "linux")),
            architecture=str(version.get("Arch", "")),
            store="containerd" if containerd else "graphdriver",
            root_dir=str(info.get("DockerRootDir", "")),
        )

    async def wait_until_it_leaves(self) -> None:
        """Return when the engine ends its event stream, that is when it stops or dies."""
        filters = {"filters": '{"type":["daemon"]}'}
        async with self._engine.open("GET", "/events", filters, patience=ENDLESS) as answer:
            async for _ in answer.content.iter_any():
                pass
