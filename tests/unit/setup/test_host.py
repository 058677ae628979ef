"""`edd init`: complete after one run, unchanged by a second one."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from edd.config import load_config
from edd.errors import ConfigError, CredentialError
from edd.setup.host import Preparation, Prepared, Wish
from edd.trust.authority import Authority
from edd.trust.bundle import read_bundle
from edd.trust.files import locked
from edd.trust.gate import Gate
from edd.trust.names import server_name
from edd.trust.paths import TrustPaths
from edd.trust.tls import TlsFiles, client_context

NAMES = (server_name("web1.example.org"),)
ADDRESSES = (server_name("192.0.2.7"),)


def prepare(directory: Path, listen: str = "") -> Prepared:
    wish = Wish(directory=directory, names=NAMES, addresses=ADDRESSES, listen=listen, system=False)
    return Preparation(wish).run()


def contents(directory: Path) -> Mapping[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def test_one_run_leaves_all_that_the_daemon_and_its_administrator_need(tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "edd")
    config = load_config(tmp_path / "edd" / "config.toml").config
    gate = Gate(
        TlsFiles(
            config.tls_key, config.tls_certs, config.mutual_tls_ca_certs, config.mutual_tls_crl
        )
    )
    bundle = read_bundle(Path(prepared.bundle))
    assert client_context(bundle).check_hostname
    assert bundle.role == "admin"
    assert bundle.addresses == ("web1.example.org:8866", "192.0.2.7:8866")
    assert gate.warnings() == ()
    assert prepared.kept == ()


def test_a_run_waits_for_one_that_is_under_way(tmp_path: Path) -> None:
    other = threading.Thread(target=prepare, args=(tmp_path,))

    with locked(tmp_path):
        other.start()
        other.join(0.5)
        assert contents(tmp_path) == {}
    other.join(30)

    assert (tmp_path / "admin.json").exists()


def test_a_ca_key_that_was_kept_is_not_said_to_be_made(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "tls/ca.crt").unlink()

    again = prepare(tmp_path)

    assert again.made == (str(tmp_path / "tls/ca.crt"),)


def test_a_second_run_changes_no_byte(tmp_path: Path) -> None:
    first = prepare(tmp_path)
    before = contents(tmp_path)
    second = prepare(tmp_path)
    assert contents(tmp_path) == before
    assert second.made == ()
    assert sorted(second.kept) == sorted(set(first.made) - {str(tmp_path / "tls" / "ca.key")})


@pytest.mark.parametrize(
    "path",
    [
        "config.toml",
        "tls/clients.crt",
        "tls/clients.crl",
        "tls/server.crt",
    ],
)
def test_a_missing_file_is_made_again_and_the_rest_is_kept(tmp_path: Path, path: str) -> None:
    prepare(tmp_path)
    (tmp_path / path).unlink()
    assert prepare(tmp_path).made == (str(tmp_path / path),)


def test_a_server_key_that_is_missing_is_not_papered_over(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "tls" / "server.key").unlink()
    with pytest.raises(CredentialError, match=r"server\.key is missing"):
        prepare(tmp_path)


def test_an_administrators_bundle_that_was_taken_away_is_not_made_again(tmp_path: Path) -> None:
    Path(prepare(tmp_path).bundle).unlink()
    again = prepare(tmp_path)
    assert again.made == ()
    assert "edd cert renew admin" in again.warnings[0]


def test_a_json_configuration_is_kept_and_gets_no_toml_beside_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"deployments": [], "listen": "9000"}')
    prepared = prepare(tmp_path)
    assert not (tmp_path / "config.toml").exists()
    assert prepared.addresses == ("web1.example.org:9000", "192.0.2.7:9000")


def test_a_wrong_configuration_stops_it_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("hello")
    with pytest.raises(ConfigError):
        prepare(tmp_path)
    assert list(contents(tmp_path)) == [str(tmp_path / "config.toml")]


def test_a_wrong_port_stops_it_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        prepare(tmp_path, listen="99999")
    assert contents(tmp_path) == {}


def test_the_port_enters_the_configuration_and_the_bundle(tmp_path: Path) -> None:
    prepared = prepare(tmp_path, listen="9000")
    assert load_config(tmp_path / "config.toml").config.listen.port == 9000
    assert prepared.addresses[0] == "web1.example.org:9000"


def test_a_configuration_that_listens_elsewhere_is_kept_and_warned_of(tmp_path: Path) -> None:
    prepare(tmp_path)

    assert prepare(tmp_path, listen="8866").warnings == ()
    [warning] = prepare(tmp_path, listen="9000").warnings
    assert "keeps listen = 0.0.0.0:8866" in warning


def test_a_bundle_sends_nobody_where_the_daemon_does_not_listen(tmp_path: Path) -> None:
    prepared = Preparation(Wish(directory=tmp_path, listen="127.0.0.1:9000", system=False)).run()
    assert prepared.addresses == ("localhost:9000", "127.0.0.1:9000", "[::1]:9000")


@pytest.mark.parametrize("name", ["other.example.org", "localhost"])
def test_a_loopback_address_that_was_asked_for_is_in_the_bundle_and_no_other(
    tmp_path: Path, name: str
) -> None:
    asked = Wish(
        directory=tmp_path,
        names=(server_name(name),),
        addresses=(server_name("127.0.0.1"),),
        system=False,
    )
    prepared = Preparation(asked).run()
    assert read_bundle(Path(prepared.bundle)).addresses == (f"{name}:8866", "127.0.0.1:8866")


def test_without_names_the_machines_own_and_the_loopback_are_certified(tmp_path: Path) -> None:
    Preparation(Wish(directory=tmp_path, system=False)).run()
    (server,) = [
        e for e in Authority.load(TrustPaths(tmp_path)).register.entries() if e.kind == "server"
    ]
    assert {"localhost", "127.0.0.1", "::1"} <= set(server.names)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_without_the_right_to_write_it_says_so() -> None:
    with pytest.raises(CredentialError, match="cannot be made"):
        prepare(Path("/etc/edd-of-a-test"))
