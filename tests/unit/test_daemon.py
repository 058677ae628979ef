"""What the daemon does with a reload, before anything listens."""

import asyncio
import logging
import os
from pathlib import Path

import pytest

from edd.config import load_config
from edd.daemon import Daemon, every
from edd.model.caller import Role
from tests.support.certificates import HostTrust


def text_of(folder: Path, role: Role) -> str:
    tls = folder / "tls"
    return "\n".join(
        [
            "deployments = []",
            f'default_role = "{role}"',
            f'state_dir = "{folder}/state"',
            f'tls_key = "{tls}/server.key"',
            f'tls_certs = "{tls}/server.crt"',
            f'mutual_tls_ca_certs = "{tls}/clients.crt"',
            f'mutual_tls_crl = "{tls}/clients.crl"',
        ]
    )


def daemon_of(folder: Path, source: Path) -> Daemon:
    HostTrust(folder)
    begun = folder / "begun.toml"
    begun.write_text(text_of(folder, Role.ADMIN))
    return Daemon(load_config(begun), source)


async def opened_for_reading(fifo: Path) -> int:
    """Return the writing end of a pipe as soon as somebody reads it."""
    async with asyncio.timeout(10):
        while True:
            try:
                return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                await asyncio.sleep(0.01)


def test_of_two_reloads_at_once_the_one_that_began_last_stays_in_force(tmp_path: Path) -> None:
    source, newer = tmp_path / "edd.toml", tmp_path / "newer.toml"
    os.mkfifo(source)
    daemon = daemon_of(tmp_path, source)
    newer.write_text(text_of(tmp_path, Role.DEPLOYER))

    async def story() -> None:
        slow = asyncio.create_task(daemon.reload())
        pipe = await opened_for_reading(source)
        newer.replace(source)
        quick = asyncio.create_task(daemon.reload())
        await asyncio.wait({quick}, timeout=0.5)
        os.write(pipe, text_of(tmp_path, Role.VIEWER).encode())
        os.close(pipe)
        await asyncio.gather(slow, quick)

    asyncio.run(story())

    assert daemon._settings.config.default_role is Role.DEPLOYER
    assert daemon._gate.default_role is Role.DEPLOYER


def test_a_reload_by_signal_that_breaks_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    impossible = Path("/no\0where")
    daemon = daemon_of(tmp_path, impossible)

    with caplog.at_level(logging.ERROR, "edd.daemon"):
        asyncio.run(daemon._reload_or_say())

    assert "reload-broke" in caplog.text
    assert daemon._settings.config.default_role is Role.ADMIN


def test_a_watch_that_fails_once_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise OSError("the disk is read-only")

    async def story() -> None:
        watch = asyncio.create_task(every(0, look))
        async with asyncio.timeout(10):
            while looks < 3:
                await asyncio.sleep(0)
        watch.cancel()

    asyncio.run(story())

    assert "watch-broke" in caplog.text
