"""Offers: what a host lacks of an image, and how it takes that in, part by part."""

from collections.abc import Sequence

from edd.model.caller import Caller
from edd.model.holding import Holding
from edd.model.image import Digest
from edd.model.offer import LayerOffer, MissingBlob, Offer, Received, Shortfall
from edd.model.upload import Part
from edd.operations.arrival import Arrival
from edd.operations.holdings import Holdings
from edd.operations.ledger import Ledger
from edd.operations.receiving import take_part
from edd.planning.offers import base_bytes, bases, likeliest, missing_layers
from edd.store.spool import Spool


class Offers:
    """Tells senders what to send, and keeps it until it is put together."""

    def __init__(self, ledger: Ledger, holdings: Holdings, arrival: Arrival, spool: Spool) -> None:
        self._ledger = ledger
        self._holdings = holdings
        self._arrival = arrival
        self._spool = spool

    async def answer(self, name: str, offer: Offer, caller: Caller) -> Shortfall:
        """Return what the host lacks of ``offer`` for ``name``, with nothing changed by asking.

        Raises:
            TooLargeError, DiskFullError: the host has no room for what is missing.
        """
        deployment = self._ledger.settings.runnable(name)
        if await self._ledger.runs_already(deployment, offer.image):
            return Shortfall(serves=await self._ledger.standing(name))
        chain = [layer.diff_id for layer in offer.layers]
        holding = await self._holdings.of(caller)
        lacking = await self._lacking(name, chain, holding)
        sizes = {layer.diff_id: layer.size for layer in offer.layers}
        await self._arrival.admit(sum(sizes[digest] for digest in lacking))
        blobs = [await self._missing(name, digest) for digest in (offer.image, *lacking)]
        missing = tuple(blob for blob in blobs if blob)
        last = await self._last_job(name)
        if not lacking:
            return Shortfall(missing=missing, last_job=last)
        near = likeliest(chain, await self._holdings.serving(name), holding)
        old = bases(chain, near)
        rest = base_bytes(old, holding)
        return Shortfall(missing=missing, bases=old, base_bytes=rest, last_job=last)

    async def lacking(
        self, name: str, layers: Sequence[LayerOffer], caller: Caller
    ) -> list[Digest]:
        """Return the layers, each once, that neither an image here nor the spool has."""
        chain = [layer.diff_id for layer in layers]
        return await self._lacking(name, chain, await self._holdings.of(caller))

    async def _lacking(self, name: str, chain: Sequence[Digest], holding: Holding) -> list[Digest]:
        missing = missing_layers(chain, holding)
        return [digest for digest in missing if not (await self.received(name, digest)).complete]

    async def receive(self, name: str, digest: Digest, part: Part) -> Received:
        """Add ``part`` to a blob of ``name``, verifying the blob when it is the last.

        Raises:
            InvalidRequestError: the blob does not end where ``part`` begins.
            TruncatedArchiveError: the sender went away; what came before is kept.
            ArchiveError: it is not zstd though it says so.
            DigestMismatchError: the blob is another than it was called. It was dropped; from
                ``data["offset"]``, 0, it may be sent again, since a lost plug may have torn it.
            TooLargeError, DiskFullError: there is no room for it.
        """
        bounds = self._ledger.settings.spool_bounds
        await take_part(self._spool, (name, digest), part, bounds)
        return await self.received(name, digest)

    async def received(self, name: str, digest: Digest) -> Received:
        """Return how much of a blob is here."""
        return await self._spool.received(name, digest)

    async def _last_job(self, name: str) -> int:
        jobs = await self._ledger.journal.jobs(name, 1)
        return jobs[0].id if jobs else 0

    async def _missing(self, name: str, digest: Digest) -> MissingBlob | None:
        seen = await self._spool.received(name, digest)
        return None if seen.complete else MissingBlob(digest, seen.size)
