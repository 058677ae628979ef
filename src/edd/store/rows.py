"""Rows turned into the nouns they hold."""

import sqlite3
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def read(row: sqlite3.Row, kind: type[T], **changes: Any) -> T:
    """Build ``kind`` from the columns that bear its fields' names."""
    return msgspec.convert({**dict(row), **changes}, kind, strict=False)
