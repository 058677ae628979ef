"""What the engine gateway is not asked: one kind of value of the configuration."""

import json
import re

from edd.config.values import UnfitError, read_text, type_of
from edd.model.arguments import shown
from edd.model.caller import Role
from edd.model.gateway import LONGEST_PATTERN, Denial

MOST = 200
_METHOD = re.compile(r"\*|[A-Z]{3,10}")
_PATH = re.compile(r"(?:/(?:\*\*?|[A-Za-z0-9._~:@-]+))+")


def read_denials(value: object) -> tuple[Denial, ...]:
    """Return what is denied, from a list of texts of three words."""
    if not isinstance(value, list):
        raise UnfitError(f"must be a list of strings, not {type_of(value)}")
    if len(value) > MOST:
        raise UnfitError(f"may have {MOST} entries")
    return tuple(map(_read_denial, value))


def write_denials(denials: tuple[Denial, ...]) -> str:
    """Return denials as a list of TOML."""
    return json.dumps([str(each) for each in denials])


def _read_denial(value: object) -> Denial:
    text = read_text(value)
    words = text.split()
    if len(words) != 3:
        raise UnfitError(f'must hold texts such as "deployer POST /build/**", not {shown(text)}')
    role, method, path = words
    if role != "*" and role not in set(Role):
        raise UnfitError(f"must name one of {', '.join(Role)}, or *, not {shown(role)}")
    if not _METHOD.fullmatch(method):
        raise UnfitError(f"must name a method such as POST, or *, not {shown(method)}")
    if not _PATH.fullmatch(path) or path.count("**") > 1 or len(path) > LONGEST_PATTERN:
        raise UnfitError(f"has a pattern that fits no path: {shown(path)}")
    if re.match(r"/v[0-9.]+/|/docker/", path):
        raise UnfitError(f"must have paths without /docker and without a version: {shown(path)}")
    return Denial(None if role == "*" else Role(role), method, path)
