"""`edd docker`: Docker's own command, with a host's engine at the other end."""

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import click

from edd.cli.output import settings
from edd.errors import CredentialError
from edd.trust.bundle import Bundle
from edd.trust.files import write_atomically
from edd.trust.names import split_address

PATIENCE = 5.0
"""Seconds that an address may take to be reached, where a host has several."""


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    add_help_option=False,
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="WORDS...")
@click.pass_context
def docker(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Run the docker command of this machine with the engine of a host.

    WORDS are docker's own. The host lets through what the role in your certificate allows.

    Example: edd -H web docker ps
    """
    ctx.exit(run_docker(words))


def run_docker(words: Sequence[str]) -> int:
    """Run docker with the engine of the host that is meant; return its exit code.

    The certificate's files lie in a folder of its own, which goes when docker has ended. On the
    host itself docker finds the engine as it always does.

    Raises:
        CredentialError: there is no docker command here.
    """
    from edd.client.endpoint import choose_endpoint  # noqa: PLC0415 - --help needs no TLS

    bundle = choose_endpoint(settings().host).bundle
    if bundle is None:
        return _end_of(words, dict(os.environ))
    with tempfile.TemporaryDirectory(prefix="edd-docker-") as folder:
        _write(Path(folder), bundle)
        return _end_of(words, _environment(folder, _address(bundle)))


def _end_of(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run docker and return its exit code; it decides what becomes of Ctrl-C and other ends."""
    children: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: object) -> None:
        for child in children:
            child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        children.append(_start(words, environment))
        return _code(children[0].wait())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(words: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    def hear_interrupts() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    try:
        return subprocess.Popen(
            ["docker", *words],
            env=environment,
            preexec_fn=hear_interrupts,  # noqa: PLW1509 - there is one thread
        )
    except OSError as error:
        raise CredentialError(
            f"The docker command cannot be run here: {error.strerror}.",
            advice="Install it (apt-get install docker-cli); it needs no engine on this machine.",
        ) from None


def _write(folder: Path, bundle: Bundle) -> None:
    for name, content in (
        ("ca.pem", bundle.ca),
        ("cert.pem", bundle.certificate),
        ("key.pem", bundle.key),
    ):
        write_atomically(folder / name, content.encode())


def _environment(folder: str, address: str) -> dict[str, str]:
    left_out = {"DOCKER_CONTEXT", "DOCKER_TLS"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {
        "DOCKER_HOST": f"tcp://{address}/docker",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": folder,
    }


def _address(bundle: Bundle) -> str:
    """Return the first address that can be reached; the first of all if none can."""
    for address in bundle.addresses if len(bundle.addresses) > 1 else ():
        with suppress(OSError):
            socket.create_connection(split_address(address), PATIENCE).close()
            return address
    return bundle.addresses[0]


def _code(status: int) -> int:
    """Return an exit code as a shell gives it for a process that a signal ended."""
    return status if status >= 0 else 128 - status
