"""A registry on loopback, for what a host pulls. Debian's `docker-registry`, without TLS."""

import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from tests.support.ports import free_port
from tests.support.processes import wait_until

CONFIG = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""

LOCK = "auth: {{htpasswd: {{realm: test, path: {root}/users}}}}\n"
USERS = "dora:$2y$05$abcdefghijklmnopqrstuue73ccPeu6jOIGNYCxh9sGEWx4Cb.zJm\n"
"""`dora` with the password `sécret`, as bcrypt has it."""


class Registry:
    """Runs while it is entered; its images lie below ``root``.

    ``locked``: it lets in nobody but `USERS`.
    """

    def __init__(self, root: Path, *, locked: bool = False) -> None:
        self.root = root
        self.locked = locked
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def installed() -> bool:
        """Tell whether the program is here."""
        return shutil.which("docker-registry") is not None

    @property
    def address(self) -> str:
        """What stands before the repository in a reference."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        config = self.root / "registry.yml"
        text = CONFIG + (LOCK if self.locked else "")
        config.write_text(text.format(root=self.root, port=self.port))
        (self.root / "users").write_text(USERS)
        with (self.root / "registry.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["docker-registry", "serve", config], stdout=log, stderr=log
            )
        wait_until(self._answers, 20, "the registry answers")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}/v2/", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            return self.locked and error.code == 401
        except OSError:
            return False
