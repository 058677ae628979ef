"""Whether a host that hangs up without a word does so because of our certificate.

With TLS 1.3 a client learns of a refused certificate after its own handshake is over (RFC 8446,
section 4.4.2.4), and asyncio's servers hang up without sending the alert (CPython 3.11 to 3.13).
With TLS 1.2 the same refusal ends the handshake itself, which tells it from every other cause.
"""

import asyncio
import ssl
from contextlib import suppress

from yarl import URL

PATIENCE = 5.0


async def certificate_refused(url: str, context: ssl.SSLContext) -> bool:
    """Tell whether a TLS 1.2 handshake with this certificate is refused as well.

    ``context`` is used up: it speaks TLS 1.2 only from now on.
    """
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    address = URL(url)
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    except (ssl.SSLError, ConnectionResetError):
        return True
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return False
