"""Blobs on their way to a host, each going on where it broke off."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

from edd.client.host import HostClient
from edd.client.images import Blob
from edd.client.packing import Pace, Packing
from edd.client.transport import Upload
from edd.errors import (
    EddError,
    HostUnreachableError,
    InvalidRequestError,
    TruncatedArchiveError,
)
from edd.model.image import Digest
from edd.model.offer import MissingBlob, Received

IN_FLIGHT = 3
"""Blobs sent at a time: one to fill the link, one in preparation, one being verified."""

PATIENCE = 10
"""Attempts in a row in which not a byte more arrives, before a link is given up."""

FIRST_WAIT = 0.25
LONGEST_WAIT = 30.0
"""Seconds between two looks for a host that does not answer."""

BROKEN = (HostUnreachableError, InvalidRequestError, TruncatedArchiveError)
"""How a part ends that may go on: cut off on either side, or not where the blob ends."""


class Sender:
    """Sends blobs for one deployment; ``sent`` is told of all bytes so far, packed."""

    def __init__(
        self, host: HostClient, deployment: str, sent: Callable[[int], None], pace: Pace
    ) -> None:
        self._host = host
        self._deployment = deployment
        self._sent = sent
        self._turn = asyncio.Semaphore(IN_FLIGHT)
        self._pace = pace
        self.bytes = 0

    async def send(self, missing: Sequence[MissingBlob], blobs: Mapping[Digest, Blob]) -> None:
        """Send blobs to their ends, several at a time.

        Raises EddError: the host refuses one, or was not reached for too long.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for blob in missing:
                    group.create_task(self._send_one(blob, blobs[blob.digest]))
        except ExceptionGroup as several:
            # One thing broke first; the others say the same, or were cancelled for it.
            raise several.exceptions[0] from None

    async def _send_one(self, missing: MissingBlob, blob: Blob) -> None:
        async with self._turn:
            here, failures = Received(missing.received, complete=False), 0
            while not here.complete:
                try:
                    here = await self._send_rest(missing.digest, blob, here.size)
                except BROKEN as error:
                    before = here.size
                    here = await self._found(missing.digest, error)
                    failures = 0 if here.size > before else failures + 1
                    if failures >= PATIENCE:
                        raise

    async def _send_rest(self, digest: Digest, blob: Blob, at: int) -> Received:
        with await asyncio.to_thread(_opened_at, blob, at) as file:
            frames = Packing(file, self._pace)
            try:
                upload = Upload(frames, self._meter())
                return await self._host.send_part(self._deployment, digest, at, upload)
            finally:
                await frames.close()

    async def _found(self, digest: Digest, broken: EddError) -> Received:
        """Return how much of a blob had arrived, once the host answers again."""
        for attempt in range(PATIENCE):
            try:
                return await self._host.received(self._deployment, digest)
            except HostUnreachableError:
                await asyncio.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
        raise broken

    def _meter(self) -> Callable[[int], None]:
        """Return what takes the count of one upload and adds it to all."""
        known = 0

        def count(so_far: int) -> None:
            nonlocal known
            self.bytes += so_far - known
            known = so_far
            self._sent(self.bytes)

        return count


def _opened_at(blob: Blob, at: int) -> BinaryIO:
    file = blob.open()
    try:
        file.seek(at)
    except BaseException:
        file.close()
        raise
    return file
