"""Write the pages and files that are generated from the code: `make docs`.

With ``--check`` nothing is written; a page that is not what the code says ends it with code 1.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from edd.api.reference import errors_page, http_page
from edd.cli.reference import commands_page, exit_codes_page
from edd.config.reference import annotated_config, reference_page

ROOT = Path(__file__).parents[1]

PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/http.md": http_page,
    "docs/reference/errors.md": errors_page,
    "docs/reference/configuration.md": reference_page,
    "docs/reference/cli.md": commands_page,
    "docs/reference/exit-codes.md": exit_codes_page,
    "packaging/config.defaults.toml": annotated_config,
}
"""Every generated file and what makes it; tests/unit/test_generated_pages.py keeps them fresh."""


def stale() -> list[str]:
    """Return the names of the pages that differ from what the code says."""
    return [name for name, page in PAGES.items() if _text(ROOT / name) != page()]


def main() -> None:
    """Write the stale pages, or with ``--check`` only name them."""
    names = stale()
    for name in [] if "--check" in sys.argv else names:
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(PAGES[name](), encoding="utf-8")
    sys.stdout.writelines(f"{name}\n" for name in names)
    sys.exit(1 if names and "--check" in sys.argv else 0)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    main()
