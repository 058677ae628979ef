"""The machine's own Docker Engine: found, or started where no service manager does it."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from demo import place
from demo.stage import begin, quiet, say

LABEL = f"label=edd.deployment={place.DEPLOYMENT}"


def socket_path() -> Path:
    """Return the engine's unix socket."""
    address = os.environ.get("DOCKER_HOST", "")
    return Path(
        address.removeprefix("unix://") if address.startswith("unix://") else "/var/run/docker.sock"
    )


def version() -> str:
    """Return the version of the engine that answers, or nothing."""
    if shutil.which("docker") is None:
        return ""
    return quiet("docker", "version", "--format", "{{.Server.Version}}", check=False)


def ensure() -> None:
    """Return once an engine answers; start one if there is none."""
    if found := version():
        return say(f"Docker Engine {found} is here and stays as it is.")
    if os.geteuid() != 0:
        raise SystemExit("error: no Docker Engine answers you. Run `make demo` as root.")
    if Path("/run/systemd/system").exists():
        quiet("systemctl", "start", "docker")
    else:
        _start()
    _wait()
    return say(f"Docker Engine {version()} is started.")


def stop() -> str:
    """Stop the engine if the demo started it and nobody else uses it; return what was done."""
    pid = place.remembered("dockerd", "dockerd")
    if pid is None:
        return ""
    if quiet("docker", "ps", "--quiet", check=False):
        return "The Docker Engine that the demo started stays: other containers run in it."
    return "stopped the Docker Engine" if place.end(pid, 30) else "The Docker Engine does not end."


def ensure_for_cleaning() -> None:
    """Return once an engine answers; one that the demo began is begun again, no other."""
    if version():
        return None
    if (place.HERE / "dockerd.log").exists() and os.geteuid() == 0:
        return ensure()
    raise SystemExit(
        f"error: Docker does not answer, so containers and images of the demo may remain.\n"
        f"Nothing was removed and {place.NAME} stays. Start Docker, then: make demo-clean"
    )


def traces() -> list[str]:
    """Return the demo's containers and images that are there, known by their names."""
    return [*_containers(), *_images()]


def remove_traces() -> list[str]:
    """Remove the demo's containers and images; return what was removed."""
    found = traces()
    if containers := _containers():
        quiet("docker", "rm", "--force", *containers)
    if images := _images():
        quiet("docker", "rmi", *images, check=False)
    left = traces()
    return [name for name in found if name not in left]


def _containers() -> list[str]:
    names = ["--filter", f"name=^{place.PREFIX}{place.DEPLOYMENT}", "--filter", LABEL]
    return quiet("docker", "ps", "--all", "--format", "{{.Names}}", *names).split()


def _images() -> list[str]:
    listing = ("docker", "images", "--format", "{{.Repository}}:{{.Tag}}")
    return [
        image
        for repository in (f"{place.PREFIX}{place.DEPLOYMENT}", place.SOURCE)
        for image in quiet(*listing, repository).split()
    ]


def build(version_: str, page: str | None) -> None:
    """Build the website from nothing; without a ``page`` its server will refuse to start."""
    folder = place.HERE / "website"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(place.PROJECT / "demo" / "website", folder)
    shutil.copy(shutil.which("busybox") or "/bin/busybox", folder / "busybox")
    (folder / "www").mkdir()
    if page is not None:
        (folder / "www" / "index.html").write_text(page)
    quiet("docker", "build", "--quiet", "--tag", f"{place.SOURCE}:{version_}", str(folder))


def _start() -> None:
    dockerd = shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if dockerd is None:
        raise SystemExit("error: dockerd is not installed; `scripts/setup engine` does that.")
    place.remember("dockerd", begin([dockerd], place.HERE / "dockerd.log"))


def _wait() -> None:
    for _ in range(120):
        if version():
            return
        time.sleep(0.25)
    log = place.HERE / "dockerd.log"
    tail = subprocess.run(
        ["tail", "-n", "15", str(log)], capture_output=True, text=True, check=False
    )
    raise SystemExit(f"error: the Docker Engine does not answer.\n{tail.stdout}")
