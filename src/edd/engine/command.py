"""The docker command, for what users say in its words."""

import asyncio
import os
from collections.abc import Sequence

from msgspec import Struct

from edd.errors import EngineUnreachableError, StartFailedError

PATIENCE = 120
OUTPUT_LIMIT = 64 * 1024


class CommandResult(Struct, frozen=True):
    """How a docker command ended; both outputs are cut to 64 KiB."""

    status: int
    stdout: str
    stderr: str

    def lines(self) -> list[str]:
        """Return what the command complained about, as lines."""
        return self.stderr.splitlines()[-20:]


async def docker_command(socket: str, words: Sequence[str]) -> CommandResult:
    """Run `docker` with ``words`` against the engine at ``socket``, for at most two minutes.

    Contexts and hosts of the environment are left aside: the socket decides.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    try:
        process = await asyncio.create_subprocess_exec(
            "docker",
            "--host",
            f"unix://{socket}",
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
    except OSError as error:
        raise StartFailedError(
            f"The docker command cannot be run: {error.strerror}.",
            advice="Install it on the host (apt-get install docker.io or docker-cli).",
        ) from error
    try:
        async with asyncio.timeout(PATIENCE):
            stdout, stderr = await process.communicate()
    except TimeoutError as error:
        raise EngineUnreachableError(
            f"`docker {words[0]}` gave no answer in {PATIENCE} s."
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return CommandResult(
        status=process.returncode or 0,
        stdout=stdout[:OUTPUT_LIMIT].decode(errors="replace"),
        stderr=stderr[:OUTPUT_LIMIT].decode(errors="replace").strip(),
    )
