"""The story, in the order it is told."""

import grp
import os
import time
from collections.abc import Callable

from demo import engine, place
from demo.stage import BOLD, PLAIN, begin, edd, heading, quiet, run, say, show

PAGE = "<h1>Hello, this is version {version}.</h1>\n"


def tell() -> None:
    """Begin anew, with an engine and nothing of an earlier demo, and tell the whole story."""
    heading("A Docker Engine")
    place.HERE.mkdir(exist_ok=True)
    engine.ensure()
    clean_up(whole=False)
    Demo(time.monotonic()).tell()


class Demo:
    """One host on this machine, on the first ports that are free."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.port = place.free_port(8866)
        self.page_port = place.free_port(8000)
        self.page = f"http://127.0.0.1:{self.page_port}/"

    def tell(self) -> None:
        """Tell the whole story; any surprise ends it with an error."""
        self.make_the_host()
        self.deliver_first()
        self.deliver_again()
        self.deliver_broken()
        self.say_what_next()

    def make_the_host(self) -> None:
        """Create certificates and configuration, start the daemon, and become its administrator."""
        heading("A host: its certificates and its daemon")
        place.HOST.mkdir(parents=True)
        place.CONFIG.write_text(self._settings())
        place.EDD.write_text(place.WRAPPER.format(here=place.HERE, project=place.PROJECT))
        place.EDD.chmod(0o755)
        say(f"{place.NAME}/edd is edd with a list of hosts and a cache of its own; yours stay.")
        listen = f"127.0.0.1:{self.port}"
        where = ["--name", "localhost", "--address", "127.0.0.1", "--listen", listen]
        edd("init", "--dir", f"{place.NAME}/host", *where, "--no-system")
        show(f"edd serve --config {place.NAME}/host/config.toml &")
        self._serve()
        heading("A workstation that may deliver to it")
        edd("host", "add", "demo", f"{place.NAME}/host/admin.json")

    def deliver_first(self) -> None:
        """Build version 1, push it and look at it."""
        heading("Version 1: an image from no registry, pushed over mutual TLS")
        self._build("1", PAGE.format(version=1))
        edd("push", f"{place.SOURCE}:1", place.DEPLOYMENT)
        self._fetch("version 1")

    def deliver_again(self) -> None:
        """Replace it by version 2."""
        heading("Version 2: it takes over once it is healthy")
        self._build("2", PAGE.format(version=2))
        edd("push", f"{place.SOURCE}:2", place.DEPLOYMENT)
        self._fetch("version 2")

    def deliver_broken(self) -> None:
        """Push a version that cannot run, and see that the host returns to version 2."""
        heading("Version 3 is broken: somebody forgot the page")
        self._build("3", None)
        edd("push", f"{place.SOURCE}:3", place.DEPLOYMENT, fails=True)
        say("The push failed, and version 2 serves again:")
        self._fetch("version 2")
        edd("releases", place.DEPLOYMENT)

    def say_what_next(self) -> None:
        """Leave the host running and name what else there is to try."""
        pem = f"{place.NAME}/pem"
        quiet(str(place.EDD), *self._issue("curl", pem), "--out", f"{place.NAME}/curl.json")
        heading(f"Done in {time.monotonic() - self.began:.0f} s. The host runs on. Try:")
        keys = f"--cacert {pem}/ca.crt --key {pem}/client.key --cert {pem}/client.crt"
        for command in (
            f"{place.NAME}/edd ps",
            f"{place.NAME}/edd logs {place.DEPLOYMENT}",
            f"{place.NAME}/edd rollback {place.DEPLOYMENT}",
            f"curl {self.page}",
            f"{place.NAME}/edd jobs",
            f"{place.NAME}/edd doctor",
            f"docker save {place.SOURCE}:2 | gzip | {self._curl(keys)}",
            "make demo-clean",
        ):
            say(f"  {BOLD}{command}{PLAIN}")

    def _curl(self, keys: str) -> str:
        url = f"https://127.0.0.1:{self.port}/v1/{place.DEPLOYMENT}/load"
        return f'curl -sS {keys} -X POST -H "Content-Type:application/x-tar" -T - {url}'

    def _issue(self, name: str, pem: str) -> list[str]:
        return ["cert", "issue", name, "--dir", f"{place.NAME}/host", "--pem", pem]

    def _settings(self) -> str:
        return place.SETTINGS.format(
            port=self.port,
            page=self.page_port,
            docker=engine.socket_path(),
            prefix=place.PREFIX,
            host=place.HOST,
            here=place.HERE,
            socket=place.socket_path(),
            group=grp.getgrgid(os.getgid()).gr_name,
            deployment=place.DEPLOYMENT,
        )

    def _serve(self) -> None:
        words = [str(place.EDD), "serve", "--config", str(place.CONFIG)]
        log = place.HERE / "edd.log"
        place.remember("edd", begin(words, log))
        ready = _within(20, lambda: b"daemon-started" in log.read_bytes())
        if not ready or place.remembered("edd", str(place.CONFIG)) is None:
            raise SystemExit(f"error: edd serve did not start.\n{log.read_text()[-2000:]}")
        say(f"It listens on 127.0.0.1:{self.port} and writes to {place.NAME}/edd.log.")

    def _build(self, version: str, page: str | None) -> None:
        show(f"docker build --tag {place.SOURCE}:{version} {place.NAME}/website")
        engine.build(version, page)

    def _fetch(self, expected: str) -> None:
        run("curl", "-sS", "--max-time", "10", self.page)
        if expected not in quiet("curl", "-sS", "--max-time", "10", self.page):
            raise SystemExit(f"error: {self.page} should have shown {expected}")


def clean_up(*, whole: bool) -> None:
    """Remove what a demo made; with ``whole`` its engine and its folder too."""
    if whole and not place.HERE.exists():
        return say(f"There is no {place.NAME}, so there is nothing to remove.")
    if whole:
        engine.ensure_for_cleaning()
    daemon = place.remembered("edd", str(place.CONFIG))
    if daemon is not None and not place.end(daemon, 90):
        raise SystemExit(f"error: edd serve (process {daemon}) does not end")
    removed = engine.remove_traces()
    if removed:
        say(f"removed what an earlier demo made: {', '.join(removed)}")
    if not whole:
        return place.remove_files(keep=("dockerd.pid", "dockerd.log"))
    if left := engine.traces():
        raise SystemExit(f"error: Docker does not remove {', '.join(left)}; {place.NAME} stays.")
    if done := engine.stop():
        say(done)
    place.remove_files()
    say(f"removed {place.NAME}: nothing of the demo is left")
    return say("What it needed stays: .venv, and packages such as Docker, if it installed them.")


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False
