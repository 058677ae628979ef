"""The docker command, for what users say in its words."""

import asyncio
import os
from collections.abc import Sequence

from msgspec import Struct

from edd.errors import EngineUnreachableError, StartFailedError

PATIENCE = 120
OUTPUT_LIMIT = 64 * 1024


class CommandResult(Struct, frozen=True):
    """How a docker command ended; no more than 64 KiB of each output is kept."""

    status: int
    stdout: str
    stderr: str


async def docker_command(socket: str, words: Sequence[str]) -> CommandResult:
    """Run `docker` with ``words`` against the engine at ``socket``, for at most two minutes.

    Contexts and hosts of the environment are left aside: the socket decides.

    Raises:
        StartFailedError: there is no docker command, or it cannot be run.
        EngineUnreachableError: it did not end in time.
    """
    process = await start(socket, words)
    try:
        async with asyncio.timeout(PATIENCE):
            return await wait(process)
    except TimeoutError as error:
        raise EngineUnreachableError(
            f"`docker {words[0]}` gave no answer in {PATIENCE} s."
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            # asyncio tells a process's end only when its outputs were read to theirs.
            await wait(process)


async def start(socket: str, words: Sequence[str]) -> asyncio.subprocess.Process:
    """Start `docker`; raise StartFailedError where that is not possible."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    try:
        return await asyncio.create_subprocess_exec(
            *("docker", "--host", f"unix://{socket}", *words),
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


async def wait(process: asyncio.subprocess.Process) -> CommandResult:
    """Read both outputs to their ends and return how the process ended."""
    stdout, stderr = await asyncio.gather(beginning(process.stdout), beginning(process.stderr))
    return CommandResult(
        status=await process.wait(),
        stdout=stdout.decode(errors="replace"),
        stderr=stderr.decode(errors="replace").strip(),
    )


async def beginning(stream: asyncio.StreamReader | None) -> bytes:
    """Read an output to its end, keeping its first 64 KiB."""
    kept = b""
    while stream is not None and (chunk := await stream.read(OUTPUT_LIMIT)):
        kept += chunk[: OUTPUT_LIMIT - len(kept)]
    return kept
