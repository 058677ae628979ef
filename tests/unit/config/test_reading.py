"""From files to a configuration: defaults, both syntaxes, both names, and what cannot be read."""

import contextlib
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edd.config import DEFAULTS, Address, load_config, parse_config, reading
from edd.errors import ConfigError
from edd.model.caller import Role
from edd.model.deployment import Deployment

WEBSITE = '[[deployments]]\nname = "website"\nargs = "-p 80:80"\n'


def refusal(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return caught.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_a_file_with_deployments_only_gets_every_default(file: Path) -> None:
    file.write_text(WEBSITE)

    config = load_config(file).config

    assert config.deployments == (Deployment("website", ("-p", "80:80")),)
    assert config.listen == Address("0.0.0.0", 8866)
    assert config.docker_socket == Path("/var/run/docker.sock")
    assert config.container_prefix == "ed_"
    assert config.max_archive == 20 * 1024**3
    assert config.default_role is None


@pytest.mark.parametrize("name", ["config.toml", "config.json", "anything"])
@pytest.mark.parametrize(
    "text", [WEBSITE, '\n {"deployments": [{"name": "website", "args": "-p 80:80"}]}']
)
def test_the_content_decides_the_syntax_whatever_the_files_name(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)

    assert load_config(tmp_path / name).config.deployments[0].args == ("-p", "80:80")


def test_a_byte_order_mark_is_passed_over(file: Path) -> None:
    file.write_text(WEBSITE, encoding="utf-8-sig")

    assert load_config(file).config.deployments


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("127.0.0.1:80", Address("127.0.0.1", 80)),
        ("[::]:8866", Address("::", 8866)),
        ("[::1]:8866", Address("::1", 8866)),
        ("host.example:1", Address("host.example", 1)),
        ("8866", Address("0.0.0.0", 8866)),
        (":8866", Address("0.0.0.0", 8866)),
        (8866, Address("0.0.0.0", 8866)),
    ],
)
def test_where_to_listen_may_be_said_in_every_usual_form(
    given: str | int, address: Address
) -> None:
    config = parse_config(json.dumps({"listen": given, "deployments": []}))

    assert config.listen == address
    assert parse_config(json.dumps({"listen": str(address), "deployments": []})).listen == address


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (1, 1),
        ("1", 1),
        ("20 GiB", 20 << 30),
        ("1.5 GiB", 3 << 29),
        ("10kB", 10_000),
        ("2g", 2 << 30),
    ],
)
def test_a_size_is_bytes_or_has_a_unit(given: str | int, size: int) -> None:
    assert parse_config(json.dumps({"max_archive": given, "deployments": []})).max_archive == size


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(2, 2), (2.5, 2.5), ("90", 90), ("2m", 120), ("1m30s", 90), ("1.5 h", 5400)],
)
def test_a_duration_is_seconds_or_has_units(given: str | float, seconds: float) -> None:
    deployment = {"name": "website", "health_timeout": given, "stable": 1}

    config = parse_config(json.dumps({"deployments": [deployment]}))

    assert config.deployments[0].health_timeout == seconds


def test_arguments_are_split_as_a_shell_would() -> None:
    config = parse_config("""[[deployments]]\nname = "a1"\nargs = '-e "A=b c" -v x:/x'""")

    assert config.deployments[0].args == ("-e", "A=b c", "-v", "x:/x")


def test_the_misspelt_key_of_the_client_cas_is_read() -> None:
    config = parse_config('mututal_tls_ca_certs = "/a.crt"\ndeployments = []')

    assert config.mutual_tls_ca_certs == Path("/a.crt")


def test_the_socket_of_the_engine_may_be_written_as_a_url() -> None:
    config = parse_config('docker_socket = "unix:///run/docker.sock"\ndeployments = []')

    assert config.docker_socket == Path("/run/docker.sock")


@pytest.mark.parametrize("text", ['{"mutual_tls_crl": "", "deployments": []}',
    '{"mutual_tls_crl": null, "deployments": []}'])  # fmt: skip
def test_an_empty_revocation_list_means_none_is_checked(text: str) -> None:
    assert parse_config(text).mutual_tls_crl is None


def test_a_role_for_certificates_without_one_may_be_given() -> None:
    assert parse_config('default_role = "deployer"\ndeployments = []').default_role is Role.DEPLOYER


def test_a_deployment_is_found_by_its_name() -> None:
    config = parse_config(WEBSITE)

    assert config.deployment("website") == config.deployments[0]
    assert config.deployment("other") is None


def test_the_engines_mistyped_socket_is_warned_of(file: Path) -> None:
    file.write_text('docker_socket = "/var/run/docker.socket"\ndeployments = []')

    assert "docker.sock" in load_config(file).warnings[0]


def test_of_both_default_files_the_toml_is_read_and_the_other_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = (tmp_path / "config.toml", tmp_path / "config.json")
    monkeypatch.setattr(reading, "DEFAULT_PATHS", paths)

    paths[1].write_text('{"deployments": []}')
    alone = load_config()
    paths[0].write_text(WEBSITE)
    both = load_config()

    assert (alone.path, alone.warnings) == (paths[1], ())
    assert both.path == paths[0]
    assert str(paths[1]) in both.warnings[0]


def test_a_default_file_that_may_not_be_looked_at_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    monkeypatch.setattr(reading, "DEFAULT_PATHS", (loop, tmp_path / "none"))

    with pytest.raises(ConfigError, match="loop cannot be read"):
        load_config()


def test_without_any_file_the_refusal_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "DEFAULT_PATHS", (tmp_path / "a", tmp_path / "b"))

    with pytest.raises(ConfigError) as caught:
        load_config()

    assert "edd init" in caught.value.advice


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"listen = \n", "not valid TOML: Invalid value (at line 1, column 10)"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"deployments = []\n[[deployments]]\n", "= …`; remove that line (at line 2, column 14)"),
        (b'listen = "99999"\ndeployments = []', "listen: has a port beyond 65535: '99999'."),
        (b'listen = "host"\ndeployments = []', "listen: must be PORT, or HOST:PORT such as"),
        (b"[[deployments]]\nname = 'a'\nargs = '--volum a:/b'", "Did you mean --volume?"),
        (b'{"deployments": [],}', "not valid JSON"),
        (b'{\n"deployments": nope}', "line 2, column"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b"a = " + b"9" * 5000, "too many digits"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"deployments = []\n# \xff", "not UTF-8 text (at line 2)"),
        (b"#" * (1 << 20) + b"#", "larger than 1048576 bytes"),
        (b"", "deployments: is missing"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_with_the_place(
    file: Path, content: bytes, says: str
) -> None:
    file.write_bytes(content)

    error = refusal(file)

    assert says in error.detail
    assert str(file) in error.detail
    assert "\n" not in error.detail
    assert not error.detail.endswith("?.")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none").detail
    assert "directory" in refusal(tmp_path).detail


def test_a_refusal_says_how_to_check_that_very_file(tmp_path: Path) -> None:
    file = tmp_path / "my config.toml"
    file.write_text("hello = 1")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert f"`edd config check '{file}'`" in caught.value.advice


def test_a_refusal_carries_every_problem_as_data(file: Path) -> None:
    file.write_text('listn = "x"\n[[deployments]]\nname = "info"\n')

    error = refusal(file)

    assert msgspec.to_builtins(error.data["problems"])[0] == {
        "path": "listn",
        "problem": "is not a setting",
        "suggestion": "listen",
    }
    assert [each.path for each in error.data["problems"]] == ["listn", "deployments[0].name"]
    assert "2 problems" in error.detail


@given(st.text() | st.text().map("{{{}".format) | st.text().map("deployments = {}".format))
def test_no_text_is_too_odd_to_be_judged(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse_config(text)


def test_the_defaults_are_those_of_an_empty_configuration() -> None:
    assert parse_config("deployments = []") == DEFAULTS


def test_deployments_may_have_files_of_their_own(tmp_path: Path) -> None:
    main, folder = tmp_path / "config.toml", tmp_path / "deployments.d"
    main.write_text('[[deployments]]\nname = "first"\n')
    folder.mkdir()
    (folder / "website.toml").write_text("ports = [80]\n")
    (folder / "shop.json").write_text('{"name": "store", "memory": "64 MiB"}')
    for passed_over in (".website.toml.swp", ".draft.toml", "website.toml~", "README"):
        (folder / passed_over).write_text("hello")

    found = load_config(main).config.deployments

    assert [each.name for each in found] == ["first", "store", "website"]
    assert [str(port) for port in found[2].ports] == ["80:80/tcp"]
    main.write_text("")
    assert len(load_config(main).config.deployments) == 2


def test_everything_that_is_wrong_in_those_files_is_told_with_their_names(tmp_path: Path) -> None:
    main, folder = tmp_path / "config.toml", tmp_path / "deployments.d"
    main.write_text('listn = 1\n[[deployments]]\nname = "website"\n')
    folder.mkdir()
    (folder / "website.toml").write_text("prots = [80]\n")
    (folder / "broken.toml").write_text("hello")
    (folder / "folder.toml").mkdir()

    with pytest.raises(ConfigError) as caught:
        load_config(main)

    paths = [each.path for each in caught.value.data["problems"]]
    assert sorted(paths) == [
        "deployments.d/broken.toml",
        "deployments.d/folder.toml",
        "deployments.d/website.toml: name",
        "deployments.d/website.toml: prots",
        "listn",
    ]
