"""Mounts as they are written, and what they mean."""

import pytest

from edd.model.description import Mount, parse_mount


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/var/uploads", Mount("/var/uploads")),
        ("/var/uploads:ro", Mount("/var/uploads", read_only=True)),
        ("/srv/site:/www", Mount("/www", "/srv/site")),
        ("/srv/site:/www:ro", Mount("/www", "/srv/site", read_only=True)),
        ("uploads:/var/uploads", Mount("/var/uploads", "uploads")),
        ("/:/host:ro", Mount("/host", "/", read_only=True)),
    ],
)
def test_a_mount_is_read_and_written_back(text: str, mount: Mount) -> None:
    assert parse_mount(text) == mount
    assert str(mount) == text


def test_a_mount_that_may_be_written_to_may_say_so() -> None:
    assert parse_mount("data:/data:rw") == parse_mount("data:/data")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "absolute path"),
        ("ro", "absolute path"),
        (":/data", "neither a path nor a volume's name"),
        ("var/uploads", "absolute path"),
        ("./site:/www", "neither a path nor a volume's name"),
        ("/srv/../etc:/www", "plain path"),
        ("/srv/site:/www/", "plain path"),
        ("/srv:/", "whole file system"),
        ("/a:/b:/c", "more than"),
        ("/a:/b:ro,z", "more than"),
        ("/srv/a,readonly=no:/b", "comma"),
        ('/srv/"a:/b', "quote"),
    ],
)
def test_what_is_no_mount_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_mount(text)


def test_a_volume_of_the_deployments_own_is_called_after_its_target() -> None:
    assert parse_mount("/var/lib/my-data").volume("ed_site") == "ed_site.var.lib.my-data"
    assert parse_mount("mine:/var/lib").volume("ed_site") == "mine"
