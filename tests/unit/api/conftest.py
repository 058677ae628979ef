"""One set of keys for all tests of the API: making them is slow."""

import pytest

from tests.unit.api.pki import Pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("host"))
