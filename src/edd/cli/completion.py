"""`edd completion`: the script that teaches a shell to complete `edd`."""

import click
from click.shell_completion import get_completion_class

from edd.cli.output import show

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print a completion script for a shell.

    Commands, options, hosts, and the deployments of the host that is meant.

    \b
    Example: edd completion bash > /etc/bash_completion.d/edd
             edd completion zsh > "${fpath[1]}/_edd"
             edd completion fish > ~/.config/fish/completions/edd.fish
    """  # noqa: D301 - \b is click's mark for lines that stay apart
    root = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    script = kind(root.command, {}, "edd", "_EDD_COMPLETE").source()
    show({"shell": shell, "script": script}, script)
