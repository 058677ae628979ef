"""Generated pages of the documentation are what the code says now."""

import runpy
from pathlib import Path


def test_no_generated_page_is_stale() -> None:
    generate = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "generate.py"))

    assert generate["stale"]() == [], "run python docs/generate.py"
