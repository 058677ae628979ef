"""What of an image's reference is its repository."""

import pytest

from edd.model.image import repository_of


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("website", "website"),
        ("website:2", "website"),
        ("host:5000/team/website", "host:5000/team/website"),
        ("host:5000/team/website:2", "host:5000/team/website"),
        ("host:5000/website:2@sha256:00", "host:5000/website"),
        ("website@sha256:00", "website"),
    ],
)
def test_a_repository_is_a_reference_without_its_tag_and_digest(
    reference: str, repository: str
) -> None:
    assert repository_of(reference) == repository
