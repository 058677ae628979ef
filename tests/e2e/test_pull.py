"""A host that pulls: the release changes, and no tag of the host does."""

from pathlib import Path

import pytest

from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.halts import Story, ended
from tests.support.images import website_image, write_archive
from tests.support.registry import Registry


def push_to(registry: Registry, engine: TestEngine, archive: Path, name: str) -> str:
    """Put the image ``site:1`` of ``archive`` into the registry and forget it on the engine."""
    engine.load(archive)
    reference = f"{registry.address}/{name}"
    engine.docker("tag", "site:1", reference)
    engine.docker("push", reference)
    engine.docker("rmi", "--force", engine.inspect("site:1")["Id"])
    return reference


def test_a_pulled_image_becomes_the_release_and_moves_no_tag(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    place = Place("website", "--network none", stable=0.3)
    new = write_archive(tmp_path / "new.tar", website_image("site:1", "new", healthy=None))
    mine = write_archive(tmp_path / "mine.tar", website_image("mine:1", "mine", healthy=None))
    with (
        Registry(tmp_path) as registry,
        Daemon(tmp_path / "edd", clean_engine.socket, [place]) as daemon,
    ):
        reference = push_to(registry, clean_engine, new, "team/site:1")
        clean_engine.load(mine)
        clean_engine.docker("tag", "mine:1", reference)
        before = clean_engine.inspect(reference)["Id"]

        daemon.cli("pull", reference, "website")

        container = clean_engine.inspect("ed_website")
        assert container["State"]["Running"]
        assert container["Image"] != before
        assert clean_engine.inspect(reference)["Id"] == before
        assert clean_engine.inspect("ed_website:latest")["Id"] == container["Image"]
        assert daemon.get("/v1/website/releases")[0]["state"] == "current"


def test_an_image_that_is_not_there_changes_nothing(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    with (
        Registry(tmp_path) as registry,
        Daemon(tmp_path / "edd", clean_engine.socket) as daemon,
    ):
        done = daemon.cli("pull", f"{registry.address}/no/such:1", "website", check=False)

        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        assert "to do: See that the image is called so" in done.stderr
        assert clean_engine.containers() == []
        assert daemon.get("/v1/jobs")[0]["state"] == "failed"


@pytest.mark.parametrize(
    ("victim", "moment", "serves"),
    [
        ("engine", "before:pull", "old"),
        ("daemon", "after:pull", "old"),
        ("daemon", "after:commit", "new"),
    ],
)
def test_a_pull_that_is_cut_off_leaves_one_good_release(
    clean_engine: TestEngine, tmp_path: Path, victim: str, moment: str, serves: str
) -> None:
    story = Story.begin(clean_engine, tmp_path)
    with Registry(tmp_path) as registry:
        new = write_archive(tmp_path / "site.tar", website_image("site:1", "new", healthy=None))
        reference = push_to(registry, clean_engine, new, "team/site:1")
        story.start_halting(moment)
        pull = story.cli("pull", reference, "website")
        story.wait_for_halt()

        if victim == "daemon":
            story.daemon.kill9()
            ended(pull)
            story.daemon.start()
        else:
            clean_engine.kill9()
            story.go_on()
            ended(pull)
            clean_engine.start()
        story.settle()

        try:
            story.assert_one_good_release([serves])
        finally:
            story.daemon.stop()
