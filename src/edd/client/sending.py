"""Blobs on their way to a host, each going on where it broke off."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import BinaryIO

from edd.client.host import HostClient, Listeners
from edd.client.images import Blob
from edd.client.images.reading import readable
from edd.client.packing import Pace, Packing
from edd.client.patience import PATIENCE, insist, lost, may_come_back, pause
from edd.client.transport import Upload
from edd.errors import (
    DigestMismatchError,
    HostUnreachableError,
    InvalidRequestError,
    TruncatedArchiveError,
)
from edd.model.image import Digest
from edd.model.offer import MissingBlob, Received

IN_FLIGHT = 3
"""Blobs sent at a time: one to fill the link, one in preparation, one being verified."""

BROKEN = (HostUnreachableError, InvalidRequestError, TruncatedArchiveError)
"""How a part ends that may go on: cut off on either side, or not where the blob ends."""


class Sender:
    """Sends blobs for one deployment; its listeners are told of all bytes so far, packed.

    They are told of every break of the link as well, once, however many blobs were under way.
    ``broken`` tells whether any of it had to go on after a break.
    """

    def __init__(self, host: HostClient, deployment: str, listeners: Listeners, pace: Pace) -> None:
        self._host = host
        self._deployment = deployment
        self._listeners = listeners
        self._turn = asyncio.Semaphore(IN_FLIGHT)
        self._pace = pace
        self.bytes = 0
        self.broken = False
        self._breaks = 0

    async def send(self, missing: Sequence[MissingBlob], blobs: Mapping[Digest, Blob]) -> None:
        """Send blobs to their ends, several at a time.

        Raises EddError: the host refuses one, or was not reached for too long.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for one in missing:
                    group.create_task(self._send_one(one, blobs[one.digest]))
        except ExceptionGroup as several:
            # One thing broke first; the others say the same, or were cancelled for it.
            raise several.exceptions[0] from None

    async def _send_one(self, missing: MissingBlob, blob: Blob) -> None:
        async with self._turn:
            try:
                await self._send_from(missing.received, missing.digest, blob)
            except DigestMismatchError as error:
                if not error.data.get("resumed"):
                    raise
                # The host lost power, perhaps, and the end of what it had was never written.
                await self._send_from(0, missing.digest, blob)

    async def _send_from(self, at: int, digest: Digest, blob: Blob) -> None:
        """Send a blob from ``at`` on; a mismatch tells whether all of it was sent at one go."""
        here, failures = Received(at, complete=False), 0
        while not here.complete:
            before, breaks = here.size, self._breaks
            try:
                here = await self._send_rest(digest, blob, before)
            except DigestMismatchError as error:
                error.data["resumed"] = before > 0
                raise
            except BROKEN as error:
                self.broken = True
                if not may_come_back(self._host, error):
                    raise
                if breaks == self._breaks and isinstance(error, HostUnreachableError):
                    self._breaks += 1
                    self._listeners.report(lost("send"))
                here = await insist(
                    self._host, lambda: self._host.received(self._deployment, digest)
                )
                failures = 0 if here.size > before else failures + 1
                if failures >= PATIENCE:
                    raise
                await pause(failures)

    async def _send_rest(self, digest: Digest, blob: Blob, at: int) -> Received:
        with await asyncio.to_thread(_opened_at, blob, at) as file:
            frames = Packing(file, self._pace)
            try:
                upload = Upload(frames, self._meter())
                return await self._host.send_part(self._deployment, digest, at, upload)
            finally:
                await frames.close()

    def _meter(self) -> Callable[[int], None]:
        """Return what takes the count of one upload and adds it to all."""
        known = 0

        def count(so_far: int) -> None:
            nonlocal known
            self.bytes += so_far - known
            known = so_far
            self._listeners.sent(self.bytes)

        return count


def _opened_at(blob: Blob, at: int) -> BinaryIO:
    with readable(), ExitStack() as stack:
        file = stack.enter_context(blob.open())
        file.seek(at)
        stack.pop_all()
    return file
