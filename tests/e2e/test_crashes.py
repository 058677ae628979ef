"""Nothing lost: whatever dies at whichever step, one good release runs afterwards."""

import contextlib
import subprocess
from pathlib import Path

import pytest

from edd.model.plan import Step
from edd.planning.rollout import START_FIRST
from tests.support.engine import TestEngine
from tests.support.halts import MOMENTS, Story, commits, ended
from tests.support.processes import wait_until

AFTER = [moment for moment in MOMENTS if moment.startswith("after:")]
"""Where only the effect can fail, one moment for each step is enough."""


@pytest.fixture
def story(clean_engine: TestEngine, tmp_path: Path) -> Story:
    return Story.begin(clean_engine, tmp_path)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_daemon_leaves_one_good_release(story: Story, moment: str) -> None:
    story.start_halting(moment)
    push = story.push()
    story.wait_for_halt()

    story.daemon.kill9()
    ended(push)
    story.daemon.start()
    story.settle()

    try:
        story.assert_one_good_release(["new"] if commits(moment) else ["old"])
        assert next(job["state"] for job in story.jobs() if job["kind"] == "load") == "interrupted"
    finally:
        story.daemon.stop()


@pytest.mark.parametrize("moment", AFTER)
def test_an_offered_image_is_seen_to_its_end_though_the_daemon_is_killed(
    story: Story, moment: str
) -> None:
    story.start_halting(moment)
    push = story.offer()
    story.wait_for_halt()

    story.daemon.kill9()
    story.daemon.start()
    code, output = ended(push)
    story.settle()

    try:
        story.assert_one_good_release(["new"])
        assert code == 0, output
        assert "interrupted" in {job["state"] for job in story.jobs()}
    finally:
        story.daemon.stop()


@pytest.mark.parametrize("moment", AFTER)
def test_a_killed_engine_leaves_one_good_release(story: Story, moment: str) -> None:
    story.start_halting(moment)
    push = story.push()
    story.wait_for_halt()

    story.engine.kill9()
    story.go_on()
    code, output = ended(push)
    story.engine.start()
    story.settle()

    try:
        new = commits(moment)
        story.assert_one_good_release(["new"] if new else ["old"])
        assert "Traceback" not in output
        assert code != 0 or new, output
    finally:
        story.daemon.stop()


@pytest.mark.parametrize("moment", AFTER)
def test_a_client_that_vanishes_stops_nothing_once_its_archive_is_there(
    story: Story, moment: str
) -> None:
    story.start_halting(moment)
    push = story.push()
    story.wait_for_halt()

    push.kill()
    ended(push)
    story.go_on()
    story.settle()

    try:
        story.assert_one_good_release(["old"] if moment.endswith(":load") else ["new"])
    finally:
        story.daemon.stop()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_full_disk_leaves_one_good_release(
    small_engine: TestEngine, tmp_path: Path, moment: str
) -> None:
    story = Story.begin(small_engine, tmp_path, state_dir=small_engine.data / "edd-state")
    story.start_halting(moment)
    push = story.push()
    story.wait_for_halt()
    filler = fill(small_engine.data / "filler")

    story.go_on()
    code, output = ended(push)
    assert "Traceback" not in output
    assert code != 0 or story.page() == "new", output
    filler.unlink()
    story.settle()

    try:
        story.assert_one_good_release(["new"] if commits(moment) else ["old", "new"])
    finally:
        story.daemon.stop()


BACK = [moment for moment in MOMENTS if not moment.endswith(":load")]


@pytest.mark.parametrize("moment", BACK)
def test_a_rollback_that_is_cut_off_leaves_one_good_release(story: Story, moment: str) -> None:
    with story.daemon as daemon:
        daemon.cli("push", str(story.new), "website")
    story.start_halting(moment)
    rollback = story.cli("rollback", "website")
    story.wait_for_halt()

    story.daemon.kill9()
    ended(rollback)
    story.daemon.start()
    story.settle()

    try:
        story.assert_one_good_release(["old"] if commits(moment) else ["new"])
    finally:
        story.daemon.stop()


@pytest.mark.parametrize("step", START_FIRST)
def test_a_start_first_delivery_that_is_cut_off_leaves_one_good_release(
    clean_engine: TestEngine, tmp_path: Path, step: Step
) -> None:
    story = Story.begin(clean_engine, tmp_path, args="--network none", start_first=True)
    story.start_halting(f"after:{step}")
    push = story.push()
    story.wait_for_halt()

    story.daemon.kill9()
    ended(push)
    story.daemon.start()
    story.settle()

    try:
        story.assert_one_good_release(["new"] if commits(f"after:{step}") else ["old"])
    finally:
        story.daemon.stop()


@pytest.mark.parametrize("moment", ["after:begin", "before:end"])
@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        (["stop", "website"], "running", "stopped"),
        (["restart", "website"], "running", "running"),
        (["remove", "website", "--yes"], "running", "stopped"),
        (["start", "website"], "stopped", "running"),
    ],
)
def test_a_lifecycle_command_that_is_cut_off_is_done_or_not_done(
    story: Story, words: list[str], before: str, after: str, moment: str
) -> None:
    with story.daemon as daemon:
        if before == "stopped":
            daemon.cli("stop", "website")
    story.start_halting(moment)
    command = story.cli(*words)
    story.wait_for_halt()

    story.daemon.kill9()
    ended(command)
    story.daemon.start()
    story.rest()

    try:
        state = story.daemon.get("/v1/website")["state"]
        assert state == (after if moment == "before:end" else before), story.daemon.log()
        assert story.jobs()[0]["state"] == "interrupted"
    finally:
        story.daemon.stop()


@pytest.mark.parametrize("victim", ["daemon", "engine"])
def test_a_crash_in_the_middle_of_an_archive_changes_nothing(story: Story, victim: str) -> None:
    story.daemon.start()
    sender = subprocess.Popen(
        [
            *story.daemon.curl_words(story.daemon.admin),
            "-X",
            "POST",
            "-T",
            "-",
            f"{story.daemon.url}/v1/website/load",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert sender.stdin is not None
    content = story.new.read_bytes()
    sender.stdin.write(content[: len(content) // 2])
    sender.stdin.flush()
    wait_until(lambda: story.jobs()[0]["step"] == "load", 20, "the load begins")

    if victim == "daemon":
        story.daemon.kill9()
        story.daemon.start()
    else:
        story.engine.kill9()
    with contextlib.suppress(BrokenPipeError):
        sender.stdin.write(content[len(content) // 2 :])
    sender.communicate()
    story.engine.start()
    story.settle()

    try:
        story.assert_one_good_release(["old"])
    finally:
        story.daemon.stop()


def fill(path: Path) -> Path:
    """Leave no byte free on the disk that holds ``path``."""
    with path.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(bytes(64 * 1024)):
            pass
    with path.open("ab", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(bytes(512)):
            pass
    return path
