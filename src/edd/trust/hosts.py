"""The hosts that a workstation knows: a directory of bundles, and which one is meant."""

import os
from collections.abc import Mapping
from pathlib import Path

from edd.errors import CredentialError, InvalidRequestError
from edd.trust.bundle import Bundle, read_bundle, write_bundle
from edd.trust.files import PRIVATE, Access, make_directory, read_bounded, write_atomically
from edd.trust.names import check_client_name

LOCAL = "local"
"""Always this machine's own daemon, so no bundle may be called that."""

_MAX_NAME = 256
_NAMES = "Name one of `edd host list`, or the file of a bundle, with -H or EDD_HOST."


class HostList:
    """Bundles under ``directory``/hosts/NAME.json, the chosen one's name in ``directory``/current.

    Everything is readable by its owner only.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def of_user(cls, environment: Mapping[str, str] = os.environ) -> "HostList":
        """Return the user's list: ``$XDG_CONFIG_HOME/edd``, else ``~/.config/edd``.

        A relative XDG_CONFIG_HOME is ignored, as the XDG base directory specification asks.
        """
        home = Path(environment.get("XDG_CONFIG_HOME", ""))
        if not home.is_absolute():
            home = Path(environment.get("HOME") or Path.home()) / ".config"
        return cls(home / "edd")

    def add(self, name: str, bundle: Bundle) -> bool:
        """Take in ``bundle`` as ``name``, in place of an older one; tell whether it is in use now.

        The first host becomes the one in use.

        Raises:
            InvalidRequestError: the name is `LOCAL`.
            CredentialError: the name cannot be one, or the file cannot be written.
        """
        if name == LOCAL:
            raise InvalidRequestError(
                f"{LOCAL!r} always means this machine's own daemon.", advice="Choose another name."
            )
        path = self._path(name)
        make_directory(path.parent, Access(0o700))
        first = not self.names()
        write_bundle(path, bundle)
        if first:
            self.use(name)
        return self.current() == name

    def names(self) -> list[str]:
        """Return the names of all hosts, sorted."""
        return sorted(path.stem for path in (self.directory / "hosts").glob("[!.]*.json"))

    def load(self, name: str) -> Bundle:
        """Return the bundle of ``name``.

        Raises:
            InvalidRequestError: there is no such host.
            CredentialError: its file is no bundle.
        """
        path = self._path(name)
        if not path.exists():
            known = ", ".join(self.names()) or "none yet"
            raise InvalidRequestError(
                f"No host is called {name!r} here; known: {known}.",
                advice="Take in its bundle: edd host add NAME FILE.",
            )
        return read_bundle(path)

    def use(self, name: str) -> None:
        """Let commands go to ``name`` when they name no host."""
        self.load(name)
        write_atomically(self.directory / "current", f"{name}\n".encode(), PRIVATE)

    def remove(self, name: str) -> None:
        """Forget ``name`` and its key; its certificate stays valid until it ends or is revoked."""
        self.path_of(name).unlink()
        if self.current() == name:
            (self.directory / "current").unlink()

    def path_of(self, name: str) -> Path:
        """Return the file that holds ``name``'s bundle.

        Raises:
            InvalidRequestError: there is none.
        """
        path = self._path(name)
        if not path.exists():
            raise InvalidRequestError(
                f"No host is called {name!r} here.", advice="See edd host list."
            )
        return path

    def current(self) -> str | None:
        """Return the name that `use` set, or None."""
        path = self.directory / "current"
        if not path.exists():
            return None
        return read_bounded(path, limit=_MAX_NAME).decode("ascii", "replace").strip() or None

    def resolve(
        self, wanted: str | None, environment: Mapping[str, str] = os.environ
    ) -> tuple[str, Bundle] | None:
        """Return name and bundle of the host that is meant, or None when nothing says which.

        In this order: ``wanted`` (``-H``), ``EDD_HOST``, the one in use, the only one there is.
        The first two may also be the path of a bundle, recognised by a ``/`` in it or its
        ``.json``. None means: this very host, over its unix socket.

        Raises:
            InvalidRequestError: the one that is meant is not known.
            CredentialError: it cannot be used.
        """
        asked = wanted or environment.get("EDD_HOST")
        if asked and "://" in asked:
            raise InvalidRequestError(f"{asked[:200]!r} is a URL, not a host.", advice=_NAMES)
        if asked and ("/" in asked or asked.endswith(".json")):
            return _from_file(Path(asked))
        if asked and ":" in asked:
            raise InvalidRequestError(f"{asked[:200]!r} is an address, not a host.", advice=_NAMES)
        name = asked or self.current() or self._only_one()
        return None if name is None else (name, self.load(name))

    def _only_one(self) -> str | None:
        names = self.names()
        return names[0] if len(names) == 1 else None

    def _path(self, name: str) -> Path:
        return self.directory / "hosts" / f"{check_client_name(name)}.json"


def _from_file(path: Path) -> tuple[str, Bundle]:
    try:
        return path.stem, read_bundle(path)
    except CredentialError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        raise InvalidRequestError(f"There is no file {path}.", advice=_NAMES) from None
