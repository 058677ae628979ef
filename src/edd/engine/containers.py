"""Containers in the engine: found, created from `docker run` words, moved and removed."""

import json
import re
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from edd.engine.command import docker_command
from edd.engine.connection import ENDLESS, UNHURRIED, EngineConnection, engine_error
from edd.engine.logs import demultiplexed
from edd.errors import EngineRefusedError, InvalidRequestError, StartFailedError
from edd.model.container import Container, Probe
from edd.model.log import LogQuery

FRAME_LIMIT = 64 * 1024

_HEALTH = re.compile(r"\((?:health: )?(starting|healthy|unhealthy)\)$")
"""As a listing has it: ``Up 2 hours (healthy)``, ``Up 2 seconds (health: starting)``."""


class Creation(Struct, frozen=True):
    """A container to be: its name, image, labels and the words of `docker run`."""

    name: str
    image: str
    arguments: Sequence[str]
    labels: dict[str, str]


class Containers:
    """The engine's containers, by name or id. Every method may be repeated without harm."""

    def __init__(self, engine: EngineConnection) -> None:
        self._engine = engine

    async def inspect(self, name: str) -> Container | None:
        """Return the container of that name or whole id, or None.

        The engine would take the beginning of any container's id for it, too.
        """
        facts = await self._engine.get(f"/containers/{name}/json")
        found = container_of(facts) if facts else None
        return found if found and name in {found.name, found.id} else None

    async def listed(self, name: str) -> Container | None:
        """Return what a listing tells of the container of that name, or None.

        It waits for no container, as an inspection does while somebody copies files out of it.
        """
        filters = json.dumps({"name": [f"^/?{re.escape(name)}$"]})
        found = await self._engine.get("/containers/json", {"all": "1", "filters": filters})
        return next(
            (listed_of(name, one) for one in found or [] if f"/{name}" in one["Names"]), None
        )

    async def labelled(self, label: str, value: str) -> list[str]:
        """Return the ids of all containers, running or not, that carry ``label=value``."""
        filters = json.dumps({"label": [f"{label}={value}"]})
        found = await self._engine.get("/containers/json", {"all": "1", "filters": filters})
        return [item["Id"] for item in found or []]

    async def create(self, wanted: Creation) -> str:
        """Create a container as `docker run -d -it` would, without starting it; return its id.

        Raises StartFailedError with the docker command's own words.
        """
        labels = [word for item in wanted.labels.items() for word in ("--label", "=".join(item))]
        # The image is here; a registry that has one of that name must not be asked for it.
        first = ["create", "--pull=never", "-it"]
        words = [*first, *wanted.arguments, *labels, f"--name={wanted.name}", wanted.image]
        result = await docker_command(self._engine.socket, words)
        if result.status != 0:
            raise StartFailedError(f"`docker run` refused the container: {result.stderr}")
        return result.stdout.strip().splitlines()[-1]

    async def start(self, container: str) -> None:
        """Start a container, or let a paused one go on; one that runs already is well."""
        try:
            await self._act("POST", f"/containers/{container}/start", missing=False)
        except EngineRefusedError as error:
            found = await self.inspect(container)
            if found is not None and found.status == "paused":
                await self._act("POST", f"/containers/{container}/unpause", missing=False)
                return
            raise StartFailedError(f"The container did not start: {error.detail}") from error

    async def stop(self, container: str, grace: int | None = None) -> None:
        """Stop a container; gone or stopped is well.

        It has ``grace`` seconds to end by itself, or those that it was created with.
        """
        query = None if grace is None else {"t": str(grace)}
        await self._act("POST", f"/containers/{container}/stop", query)

    async def restart(self, container: str) -> None:
        """Stop and start the same container."""
        await self._act("POST", f"/containers/{container}/restart", missing=False)

    async def rename(self, container: str, name: str) -> None:
        """Give a container another name; it may bear it already."""
        current = await self.inspect(container)
        if current is not None and current.name != name:
            await self._engine.call("POST", f"/containers/{container}/rename", {"name": name})

    async def remove(self, container: str, *, volumes: bool = False) -> None:
        """Remove a container even if it runs; ``volumes`` takes its anonymous volumes along."""
        query = {"force": "1", "v": "1" if volumes else "0"}
        await self._act("DELETE", f"/containers/{container}", query)

    async def last_lines(self, container: str, count: int = 20) -> list[str]:
        """Return the last log lines as text, at most 64 KiB of them; none if they cannot be had."""
        try:
            kept = b""
            async for chunk in self.logs(container, LogQuery(tail=count)):
                kept = (kept + chunk)[-FRAME_LIMIT:]
        except EngineRefusedError:
            return []
        return kept.decode(errors="replace").replace("\r\n", "\n").splitlines()[-count:]

    async def logs(self, container: str, query: LogQuery) -> AsyncGenerator[bytes, None]:
        """Yield a container's output as it was written, standard error included."""
        facts = await self._engine.get(f"/containers/{container}/json")
        if facts is None:
            raise engine_error(f"No such container: {container}", 404)
        words = {"stdout": "1", "stderr": "1", "follow": str(int(query.follow))}
        words["tail"] = "all" if query.tail is None else str(query.tail)
        words["timestamps"] = str(int(query.timestamps))
        for name, moment in (("since", query.since), ("until", query.until)):
            if moment:
                words[name] = stamp(name, moment)
        path = f"/containers/{container}/logs"
        async with self._engine.open("GET", path, words, patience=ENDLESS) as answer:
            chunks = answer.content.iter_any()
            stream = chunks if facts["Config"]["Tty"] else demultiplexed(chunks)
            async for chunk in stream:
                yield chunk

    async def _act(
        self, method: str, path: str, query: dict[str, str] | None = None, *, missing: bool = True
    ) -> None:
        """Send a request that takes as long as it takes; what is so already is well.

        304: started or stopped already; 404: gone; 409: its removal is under way. Unless
        ``missing`` is well, too, the last two are refusals.
        """
        well = {304, 404, 409} if missing else {304}
        try:
            async with self._engine.open(method, path, query, patience=UNHURRIED) as answer:
                await answer.read()
        except EngineRefusedError as error:
            if error.data.get("status") not in well:
                raise


def stamp(name: str, moment: str) -> str:
    """Return seconds since 1970 for a moment in RFC 3339, which engines before 23 cannot read.

    ``name`` is what the caller asked for with it. What was before 1970 becomes its first
    microsecond, since an engine takes 0 for no bound at all.
    """
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", moment):
        return moment
    try:
        return f"{max(datetime.fromisoformat(moment).timestamp(), 1e-6):.6f}"
    except ValueError as error:
        raise InvalidRequestError(f"`{name}` is no moment: {moment}.") from error


def container_of(facts: dict[str, Any]) -> Container:
    """Read what ED needs from a container inspection."""
    state = facts["State"]
    health = state.get("Health") or {}
    return Container(
        id=facts["Id"],
        name=str(facts["Name"]).removeprefix("/"),
        image=facts["Image"],
        labels=facts["Config"].get("Labels") or {},
        running=bool(state.get("Running")),
        restarting=bool(state.get("Restarting")),
        status=str(state.get("Status", "")),
        health=health.get("Status") or "none",
        exit_code=int(state.get("ExitCode", 0)),
        restarts=int(facts.get("RestartCount", 0)),
        started_at=str(state.get("StartedAt", "")),
        error=str(state.get("Error", "")),
        probe=probe_of(health),
        stop_timeout=facts["Config"].get("StopTimeout"),
    )


def probe_of(health: dict[str, Any]) -> Probe | None:
    """Return how the last health check ended, if there was one."""
    if not (looks := health.get("Log")):
        return None
    return Probe(int(looks[-1]["ExitCode"]), str(looks[-1]["Output"]).strip()[-500:])


def listed_of(name: str, facts: dict[str, Any]) -> Container:
    """Read what a listing tells of a container; a pause hides how healthy it is."""
    state, health = facts["State"], _HEALTH.search(facts["Status"])
    hidden = "none" if state == "running" else "unknown"
    return Container(
        id=facts["Id"],
        name=name,
        image=facts["ImageID"],
        labels=facts["Labels"] or {},
        running=state in {"running", "paused", "restarting"},
        restarting=state == "restarting",
        status=state,
        health=health[1] if health else hidden,
    )
