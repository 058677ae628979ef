"""`edd serve`: the daemon."""

from pathlib import Path

import click

from edd.cli import interrupts


@click.command()
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration; without it config.toml, then config.json, in /etc/edd.",
)
@click.option("-d", "--debug", is_flag=True, help="Log every request and step.")
def serve(config: Path | None, debug: bool) -> None:
    """Run the daemon.

    It serves the configured deployments over mutual TLS and, to this machine's administrators, on
    a unix socket. SIGHUP and `edd reload` make it read its configuration and certificates again;
    SIGTERM ends it once running deliveries have ended. Containers run on without it.

    Example: edd serve --config /etc/edd/config.toml
    """
    from edd.daemon import serve as run  # noqa: PLC0415 - the daemon is not needed for --help

    interrupts.leave_alone()
    run(config, debug)
