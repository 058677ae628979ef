"""The tree of commands: what is imported when, and the options every command has."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from edd.cli.main import COMMANDS
from edd.cli.main import edd as root
from edd.trust.hosts import HostList
from tests.unit.cli.conftest import Edd
from tests.unit.client.talking import TalkingHost

PROGRAM = Path(sys.executable).with_name("edd")
HEAVY = ("aiohttp", "rich", "cryptography", "asyncio", "msgspec", "ssl")


def every_command() -> dict[str, click.Command]:
    context = click.Context(root)
    found: dict[str, click.Command] = {}
    waiting = [(name, root.get_command(context, name)) for name in COMMANDS]
    for path, command in waiting:
        assert command is not None
        found[path] = command
        if isinstance(command, click.Group):
            waiting += [(f"{path} {name}", child) for name, child in command.commands.items()]
    return found


def test_the_help_names_every_command_and_imports_nothing_heavy() -> None:
    script = (
        "import sys, edd.cli.main as m; code = m.run(['--help']);"
        f"sys.exit(code or ' '.join(n for n in {HEAVY!r} if n in sys.modules) or 0)"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)  # noqa: PLW1510

    assert (ended.returncode, ended.stderr) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in ended.stdout


def test_a_commands_own_help_needs_no_http_client() -> None:
    script = (
        "import sys, edd.cli.main as m; m.run(['push', '--help']);"
        "heavy = [n for n in ('aiohttp', 'rich', 'cryptography') if n in sys.modules];"
        "sys.exit(' '.join(heavy) or 0)"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)  # noqa: PLW1510

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_standard_stream_that_is_closed_is_no_fault(tmp_path: Path, closed: str) -> None:
    words = ["sh", "-c", f'"$0" host list {closed}', str(PROGRAM)]
    env = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}

    ended = subprocess.run(words, capture_output=True, text=True, env=env)  # noqa: PLW1510

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_output_for_which_there_is_no_room_is_no_fault_of_the_program(form: str) -> None:
    words = ["sh", "-c", f'"$0" host list -o {form} >/dev/full', str(PROGRAM)]

    ended = subprocess.run(words, capture_output=True, text=True)  # noqa: PLW1510

    assert ended.returncode == 7
    assert "no room left on this machine's disk for the output" in ended.stderr
    assert "unexpected" not in ended.stderr


def test_a_question_to_a_closed_stream_is_not_asked() -> None:
    words = ["sh", "-c", '"$0" remove website <&-', str(PROGRAM)]

    ended = subprocess.run(words, capture_output=True, text=True)  # noqa: PLW1510

    assert ended.returncode == 2
    assert "--yes" in ended.stderr


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_line_of_the_help_is_the_first_of_the_commands_own(name: str) -> None:
    command = root.get_command(click.Context(root), name)

    assert command is not None
    assert command.help is not None
    assert command.help.partition("\n")[0] == COMMANDS[name].help


@pytest.mark.parametrize("path", list(every_command()))
def test_every_command_takes_the_shared_options_and_gives_an_example(path: str) -> None:
    command = every_command()[path]

    options = {name for param in command.params for name in param.opts}
    assert {"--host", "--output"} <= options or path == "serve"
    assert isinstance(command, click.Group) or "Example: edd " in (command.help or "")


@pytest.mark.parametrize(
    "words", [("-o", "json", "ps"), ("ps", "-o", "json"), ("ps", "--output=json")], ids=" ".join
)
def test_the_output_may_be_chosen_before_or_after_the_command(
    edd: Edd, host: TalkingHost, words: tuple[str, ...]
) -> None:
    host.answer("GET", "/v1/deployments", [])

    assert edd(*words).json == []


@pytest.mark.parametrize(
    "words", [("-H", "local", "ps"), ("ps", "-H", "local"), ("ps", "--host=local")], ids=" ".join
)
def test_the_host_named_on_the_line_wins_over_the_variable(
    edd: Edd, host: TalkingHost, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDD_HOST", "elsewhere")
    host.answer("GET", "/v1/deployments", [])

    assert edd("ps").code == 2
    assert edd(*words).code == 0


def test_the_version_is_told(edd: Edd) -> None:
    assert edd("--version").out.startswith("edd ")


def test_the_daemons_entry_point_is_edd_serve() -> None:
    ended = subprocess.run(
        [PROGRAM.with_name("ed-daemon"), "--help"], capture_output=True, text=True, check=True
    )

    assert "--config" in ended.stdout
    assert "--debug" in ended.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(edd: Edd, shell: str) -> None:
    ended = edd("completion", shell)

    assert ended.code == 0
    assert "_EDD_COMPLETE" in ended.out


def completions(*words: str) -> list[str]:
    completer = BashComplete(root, {}, "edd", "_EDD_COMPLETE")
    return [item.value for item in completer.get_completions(list(words[:-1]), words[-1])]


def test_commands_complete(edd: Edd) -> None:
    assert completions("re") == ["releases", "restart", "remove", "reload"]


def test_deployments_complete_from_the_host(edd: Edd, host: TalkingHost) -> None:
    status = {"state": "running", "image": "", "health": "none"}
    names = [{"name": name, **status} for name in ("web", "website", "shop")]
    host.answer("GET", "/v1/deployments", names)

    assert completions("stop", "we") == ["web", "website"]
    assert completions("-H", "local", "push", "image", "sh") == ["shop"]


def test_a_host_that_is_not_there_completes_nothing(edd: Edd) -> None:
    assert completions("stop", "we") == []
    assert completions("-H", "nowhere", "stop", "we") == []


def test_hosts_complete_where_one_is_named(edd: Edd) -> None:
    folder = HostList.of_user().directory / "hosts"
    folder.mkdir(parents=True)
    for name in ("web1", "web2", "shop"):
        (folder / f"{name}.json").touch()

    assert completions("-H", "we") == ["web1", "web2"]
    assert completions("host", "use", "sh") == ["shop"]
    assert completions("host", "remove", "we") == ["web1", "web2"]
