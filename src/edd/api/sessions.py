"""Handlers about browsers that come without a certificate: each calls one operation."""

from edd.api.call import Call
from edd.model.password import PasswordRequest, SignIn
from edd.model.session import LinkRequest, Session, SessionLink


async def session_link(call: Call[LinkRequest]) -> SessionLink:
    """Make a link that lets one browser in for the caller."""
    return await call.operations.sessions.link(call.caller, read_only=call.asked.read_only)


async def sessions(call: Call[None]) -> list[Session]:
    """List the browsers that were let in for the caller; an administrator's list has all."""
    return call.operations.sessions.listed(call.caller)


async def password_set(call: Call[PasswordRequest]) -> SignIn:
    """Set the password by which browsers come in for the caller; an earlier one's sessions end."""
    asked = call.asked
    passwords = call.operations.passwords
    return await passwords.put(call.caller, asked.password, read_only=asked.read_only)


async def password_remove(call: Call[None]) -> None:
    """Take the caller's password away, and end the sessions that it began."""
    await call.operations.passwords.remove(call.caller)


async def session_end(call: Call[None]) -> None:
    """End a session, with all that is open of it."""
    await call.operations.sessions.end(call.number, call.caller)
