"""What may stand behind the question mark of a request to the engine, below an administrator.

A parameter can mean as much as a path: one of `top` becomes words of a command that runs as root
on the host, one of `start` a folder of the host. So what may be given is listed, line by line of
`edd.planning.policy`; what is not listed, or given twice, needs an administrator.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

QUERIES: Mapping[str, str] = {
    "GET /_ping": "",
    "HEAD /_ping": "",
    "GET /version": "",
    "GET /info": "",
    "GET /containers/json": "all limit size filters since before trunc_cmd",
    "GET /containers/*/json": "size",
    "GET /containers/*/changes": "",
    "GET /images/json": "all filters filter digests shared-size manifests only_ids",
    "GET /images/**/json": "manifests platform",
    "GET /images/**/history": "platform",
    "GET /networks": "filters",
    "GET /networks/*": "verbose scope",
    "GET /volumes": "filters",
    "GET /volumes/*": "",
    "GET /system/df": "type verbose",
    "GET /events": "since until filters",
    "GET /containers/*/logs": "follow stdout stderr since until timestamps tail details",
    "GET /containers/*/stats": "stream one-shot",
    "GET /containers/*/top": "ps_args",
    "POST /containers/create": "name platform",
    "POST /containers/*/start": "",
    "POST /containers/*/stop": "t signal",
    "POST /containers/*/restart": "t signal",
    "POST /containers/*/kill": "signal",
    "POST /containers/*/pause": "",
    "POST /containers/*/unpause": "",
    "POST /containers/*/wait": "condition",
}
"""What the docker command and docker-py send, API 1.24 to 1.52."""

LISTS = frozenset({("GET /system/df", "type")})
"""Parameters that may be given more than once: the engine takes all of them."""

PROCESSES = frozenset({"-ef", "aux"})
"""Options of `ps`: it is run on the host, as root. Others print other processes' environments, or
shift the columns by which the engine picks out the container's own."""

_ODD = re.compile(r";|%(?![0-9A-Fa-f]{2})")
"""A semicolon separated parameters in older engines; a broken escape makes newer ones drop one."""


def why_not(line: str, query: str, reserved: str) -> str:
    """Return what in ``query`` needs an administrator; nothing if nothing does.

    ``line`` is one of `edd.planning.policy`; no container may be created with a name that begins
    with ``reserved``, as those of this host's deployments do.
    """
    allowed = QUERIES.get(line, "").split()
    given: dict[str, str] = {}
    if _ODD.search(query):
        return "its query cannot be judged: it has a semicolon or a broken escape."
    for pair in filter(None, query.split("&")):
        name, _equals, value = pair.partition("=")
        if name not in allowed:
            return f"only an administrator may give it the parameter `{name[:100]}`."
        if name in given and (line, name) not in LISTS:
            return f"its parameter `{name}` is given twice."
        given[name] = unquote_plus(value)
    return _by_value(given, reserved)


def _by_value(given: Mapping[str, str], reserved: str) -> str:
    if given.get("ps_args", "-ef") not in PROCESSES:
        return "only an administrator may give ps options other than -ef and aux."
    name = given.get("name")
    if name is not None and name.lstrip("/").startswith(reserved):
        what = f"names that begin with {reserved} are" if reserved else "every name is"
        return f"{what} kept for this host's deployments."
    return ""
