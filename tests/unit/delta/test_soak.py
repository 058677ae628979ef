"""Random layers, changed at random again and again; each patch is applied and verified.

``EDD_SOAK`` says how many (a few hundred, unless it is set).
"""

import io
import os
import random

from edd.delta import describe
from tests.unit.delta.patching import round_trip
from tests.unit.delta.shapes import ENDS, SHAPES, Shape, plain

DELTAS = int(os.environ.get("EDD_SOAK", "200"))
Member = tuple[str, bytes, bytes]


def goes_on_behind(shape: Shape) -> bool:
    """Tell whether members behind one of this shape are seen as such."""
    seen = describe(io.BytesIO(shape(b"name", b"content" * 99) + plain(b"after", b""))).entries
    return any(entry.path == b"after" for entry in seen)


SOUND = [name for name, shape in SHAPES.items() if goes_on_behind(shape)]


def test_random_changes_each_come_back() -> None:
    chance = random.Random(DELTAS)
    members = [random_member(chance) for _ in range(30)]
    held = [layer_of(chance, members)]
    for number in range(DELTAS):
        for _ in range(chance.randint(1, 4)):
            change(chance, members)
        target = layer_of(chance, members)
        round_trip(target, held, content=bool(number % 2))
        held = [target, *held][: chance.randint(1, 3)]


def random_member(chance: random.Random) -> Member:
    shape = random_shape(chance)
    name = f"dir{chance.randrange(7)}/file-{chance.randrange(10**6)}.{chance.randrange(9)}"
    return shape, name.encode(), random_content(chance)


def random_shape(chance: random.Random) -> str:
    return chance.choice(SOUND) if chance.randrange(200) else chance.choice(list(SHAPES))


def random_content(chance: random.Random) -> bytes:
    size = chance.choice([0, 7, 300, 512, 3000, 20_000, 90_000])
    kind = chance.randrange(4)
    if kind == 0:
        return chance.randbytes(size)
    if kind == 1:
        return bytes(size)
    lines = (b"%d in line %d\n" % (chance.randrange(10**9), line) for line in range(size // 20))
    return (b"\xcb\r\r\n" + chance.randbytes(12) if kind == 2 else b"") + b"".join(lines)


def change(chance: random.Random, members: list[Member]) -> None:
    at = chance.randrange(len(members))
    shape, name, content = members[at]
    action = chance.randrange(8)
    if action == 0:
        members.insert(at, random_member(chance))
    elif action == 1 and len(members) > 20:
        del members[at]
    elif action == 2:
        members[at] = shape, name + b"x", content
    elif action == 3:
        members.append(members.pop(at))
    elif action == 4:
        members[at] = random_shape(chance), name[:90], content
    else:
        members[at] = shape, name[:90], edited(chance, content, action)


def edited(chance: random.Random, content: bytes, action: int) -> bytes:
    at = chance.randrange(len(content) + 1)
    if action == 5:
        return content[:at] + chance.randbytes(chance.randrange(60)) + content[at:]
    if action == 6:
        return content[:at] + content[at + chance.randrange(700) :]
    return bytes(byte ^ (here % 61 == 0) for here, byte in enumerate(content))


def layer_of(chance: random.Random, members: list[Member]) -> bytes:
    end = ENDS["end"] if chance.randrange(5) else chance.choice(list(ENDS.values()))
    parts = [SHAPES[shape](name, content) for shape, name, content in members]
    mark = plain(b"mark", b"%d" % chance.randrange(10**9))
    return mark + b"".join(parts) + end
