"""The system user that the daemon runs as."""

import grp
import os
import pwd
import shutil
import subprocess

from edd.errors import EddError

ACCOUNT = "edd"
HOME = "/var/lib/edd"
_TIMEOUT = 60.0


def group_id(name: str = ACCOUNT) -> int | None:
    """Return the id of the group ``name``, or None when the machine has none."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def exists() -> bool:
    """Tell whether the daemon's user is there."""
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


def may_create() -> bool:
    """Tell whether this process could create the user."""
    return os.geteuid() == 0 and shutil.which("useradd") is not None


def create() -> None:
    """Create the user `edd` and its group, without a password, a shell or a home of its own.

    Raises:
        EddError: useradd refused; its own words are in the error.
    """
    membership = "--user-group" if group_id() is None else f"--gid={ACCOUNT}"
    command = ["useradd", "--system", membership, "--no-create-home", f"--home-dir={HOME}"]
    command += ["--shell=/usr/sbin/nologin", "--comment=ED daemon", ACCOUNT]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EddError(f"The user {ACCOUNT} could not be created: {error}.") from error
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[:500]
        raise EddError(
            f"The user {ACCOUNT} could not be created: {words}",
            advice=f"Create it yourself ({' '.join(command)}) and run `edd init` again.",
        )
