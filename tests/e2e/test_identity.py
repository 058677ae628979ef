"""The story of a host's identity, told through `edd` as people and scripts run it."""

import json
import os
import shutil
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from edd.trust.tls import TlsFiles, server_context

EDD = Path(sys.executable).parent / "edd"
HOST = "web1.example.org"


class Place:
    """A host's directory and a workstation's, both below one temporary one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.host = root / "etc-edd"
        self.run("init", "--no-system", "--name", HOST, "--address", "127.0.0.1")

    def run(self, *words: str, fails: int = 0, stdin: bytes = b"") -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "XDG_CONFIG_HOME": str(self.root / "config"),
        }
        on_host = words[0] in {"init", "cert"}
        arguments = [*words, *(["--dir", str(self.host)] if on_host else [])]
        done = subprocess.run(
            [EDD, *arguments],
            cwd=self.root,
            env=environment,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == fails, done.stderr.decode()
        assert b"Traceback" not in done.stderr
        return (done.stderr if fails else done.stdout).decode()

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "-o", "json"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def port(place: Place) -> Iterator[int]:
    """A plain HTTPS server with the host's context."""

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"hello\n")

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output clean."""

    class Server(HTTPServer):
        def get_request(self) -> Any:
            channel, address = super().get_request()
            context = server_context(TlsFiles.below(place.host))
            try:
                return context.wrap_socket(channel, server_side=True), address
            except ssl.SSLError as error:
                channel.close()
                raise OSError from error

    with Server(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def curl(port: int, pem: Path, *, certificate: bool = True) -> int:
    own = ["--cert", str(pem / "client.crt"), "--key", str(pem / "client.key")]
    command = ["curl", "-sS", "--max-time", "10", "--cacert", str(pem / "ca.crt")]
    command += [*(own if certificate else []), f"https://127.0.0.1:{port}/"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_a_second_init_makes_nothing_and_says_what_it_kept(place: Place) -> None:
    found = place.json("init", "--no-system")
    assert found["made"] == []
    assert str(place.host / "tls" / "ca.crt") in found["kept"]
    assert found["bundle"] == str(place.host / "admin.json")


def test_an_issued_bundle_becomes_a_host_of_a_workstation(place: Place) -> None:
    place.run("cert", "issue", "ci", "--deployment", "website")
    place.run("host", "add", "web1", "ci.json")
    (host,) = place.json("host", "list")
    assert host["name"] == "web1"
    assert host["used"] is True
    assert (host["user"], host["role"], host["deployments"]) == ("ci", "deployer", ["website"])
    assert host["addresses"] == [f"{HOST}:8866"]


def test_a_bundle_travels_through_a_pipe_and_may_be_told_another_address(place: Place) -> None:
    bundle = place.run("cert", "issue", "ci", "--out", "-", "--at", f"{HOST}:9000")
    place.run("host", "add", "web1", "-", "--address", "[2001:db8::1]:443", stdin=bundle.encode())
    (host,) = place.json("host", "list")
    assert json.loads(bundle)["addresses"] == [f"{HOST}:9000"]
    assert host["addresses"] == ["[2001:db8::1]:443"]
    assert not (place.root / "ci.json").exists()


def test_hosts_are_chosen_and_forgotten(place: Place) -> None:
    admin = str(place.host / "admin.json")
    place.run("host", "add", "a", admin)
    place.run("host", "add", "b", admin)
    place.run("host", "use", "b")
    assert [(h["name"], h["used"]) for h in place.json("host", "list")] == [
        ("a", False),
        ("b", True),
    ]
    place.run("host", "remove", "b")
    place.run("host", "use", "b", fails=2)
    assert [h["name"] for h in place.json("host", "list")] == ["a"]


def test_every_issued_certificate_is_listed_with_its_state(place: Place) -> None:
    place.run("cert", "issue", "ci", "--days", "20")
    place.run("cert", "issue", "gone")
    assert place.json("cert", "revoke", "gone")["name"] == "gone"
    found = {e["name"]: e["state"] for e in place.json("cert", "list") if e["kind"] == "client"}
    assert found == {"admin": "valid", "ci": "ends-soon", "gone": "revoked"}


def test_a_bundle_never_overwrites_another_file(place: Place) -> None:
    mine = place.root / "ci.json"
    mine.write_text("precious")
    assert "exists" in place.run("cert", "issue", "ci", fails=4)
    assert mine.read_text() == "precious"
    assert "ci" not in place.run("cert", "list")


def test_a_renewal_replaces_the_bundle_of_the_same_name(place: Place) -> None:
    place.run("cert", "issue", "ci", "--role", "viewer")
    before = (place.root / "ci.json").read_bytes()
    assert place.json("cert", "renew", "ci")["role"] == "viewer"
    assert (place.root / "ci.json").read_bytes() != before


def test_the_servers_certificate_is_renewed_for_other_names(place: Place) -> None:
    found = place.json("cert", "renew", "--server", "--name", "new.example.org")
    assert found["names"] == ["new.example.org", "localhost", "127.0.0.1", "::1"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("cert", "issue", "../x"), 2),
        (("cert", "issue", "ci", "--role", "owner"), 2),
        (("cert", "issue", "ci", "--days", "0"), 2),
        (("cert", "issue", "ci", "--deployment", "A"), 2),
        (("cert", "issue", "ci", "--at", "nowhere"), 2),
        (("cert", "issue", "admin"), 4),
        (("cert", "revoke", "nobody"), 2),
        (("cert", "renew"), 2),
        (("cert", "renew", "admin", "--server"), 2),
        (("cert", "renew", "admin", "--name", "x"), 2),
        (("cert", "renew", "--server", "--address", "a b"), 2),
        (("host", "add", "local", "etc-edd/admin.json"), 2),
        (("host", "add", "web1", "none.json"), 3),
        (("host", "add", "web1", "etc-edd/config.toml"), 4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_ends_in_a_sentence(place: Place, words: tuple[str, ...], code: int) -> None:
    assert "error:" in place.run(*words, fails=code)


def test_a_revocation_that_the_daemon_would_not_read_is_warned_of(place: Place) -> None:
    config = place.host / "config.toml"
    config.write_text("deployments = []\nmutual_tls_crl = ''\n")
    place.run("cert", "issue", "ci")
    done = subprocess.run(
        [EDD, "cert", "revoke", "ci", "--dir", place.host], capture_output=True, check=True
    )
    assert b"mutual_tls_crl" in done.stderr


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_curl_gets_in_with_the_pem_files_until_they_are_revoked(place: Place, port: int) -> None:
    pem = place.root / "pem"
    place.run("cert", "issue", "ci", "--pem", str(pem))
    assert stat.S_IMODE((pem / "client.key").stat().st_mode) == 0o600
    assert curl(port, pem) == 0
    assert curl(port, pem, certificate=False) != 0
    place.run("cert", "revoke", "ci")
    assert curl(port, pem) != 0


IN_ITS_OWN_ETC = """
set -e
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
"$2" init --name web1.example.org --systemd-dir "$1/units" >/dev/null
runuser -u edd -- cat /etc/edd/tls/server.key /etc/edd/config.toml >/dev/null
for private in /etc/edd/tls/ca.key /etc/edd/admin.json; do
  if runuser -u edd -- cat "$private" 2>/dev/null; then exit 1; fi
done
"$2" init --systemd-dir "$1/units" | grep -q '^made' && exit 1
grep -q '^Alias=ed-daemon.service' "$1/units/edd.service"
"""


def _may_unshare() -> bool:
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "runuser", "useradd"))):
        return False
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_unshare(), reason="needs root and a mount namespace")
def test_the_daemons_user_reads_its_key_and_neither_the_authoritys_nor_the_bundle(
    tmp_path: Path,
) -> None:
    (tmp_path / "units").mkdir()
    alone = ["unshare", "--mount", "--propagation", "private"]
    done = subprocess.run(
        [*alone, "bash", "-c", IN_ITS_OWN_ETC, "bash", str(tmp_path), str(EDD)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
