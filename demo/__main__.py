"""``python -m demo`` tells the story; ``python -m demo clean`` removes what it made."""

import sys

from demo.story import clean_up, tell


def main(words: list[str]) -> None:
    """Run the demo, or clean up after it."""
    if words == ["clean"]:
        clean_up(whole=True)
    elif words:
        raise SystemExit("usage: python -m demo [clean]")
    else:
        tell()


if __name__ == "__main__":
    main(sys.argv[1:])
