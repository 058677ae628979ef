"""Passwords outlive the daemon, and are nowhere as they were typed."""

import asyncio
from pathlib import Path

from edd.model.caller import Caller, Credential, Role
from edd.model.password import Password, Scrypt
from edd.store.database import Database
from edd.store.passwords import KeptPasswords

ANN = Caller("ann", Role.VIEWER, frozenset({"a", "b"}), Credential("CA", "0A", 1893456000.0))
FIRST = Password(ANN, "standing", Scrypt(16, 8, 1, b"salt", b"\xff\x00key"))
LATER = Password(Caller("ann", Role.ADMIN), "", Scrypt(32, 8, 1, b"pepper", b"other"))


def test_the_last_one_of_a_name_is_found_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    database = Database(path)
    kept = KeptPasswords(database)

    async def story() -> None:
        await kept.put("ann", LATER)
        await kept.put("ann", FIRST)
        await kept.put("bob", LATER)
        await kept.remove("bob")
        await kept.remove("nobody")

    asyncio.run(story())
    database.close()

    again = Database(path)
    found = KeptPasswords(again)
    assert asyncio.run(found.find("ann")) == FIRST
    assert asyncio.run(found.find("bob")) is None
    assert asyncio.run(found.find("Ann")) is None
    again.close()
