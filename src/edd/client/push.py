"""A push: offer the image, send what the host lacks of it, and let the host put it together."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from edd.client.account import Account, Tally
from edd.client.aside import dismiss
from edd.client.bases import OldLayers, found_alike, guessed
from edd.client.enclosing import enclosed, small_ones
from edd.client.following import Following
from edd.client.host import HostClient, Listeners
from edd.client.images import Blob, Content, LocalImage
from edd.client.kept import Kept
from edd.client.links import Links
from edd.client.packing import Pace
from edd.client.patching import Patching
from edd.client.patience import insist, lost
from edd.client.places import cache_folder
from edd.client.sending import Sender
from edd.client.sources import MAKE_ANEW, Source
from edd.errors import BusyError, DigestMismatchError, EddError
from edd.model.image import Digest
from edd.model.job import Outcome
from edd.model.link import Link
from edd.model.offer import Assembly, Enclosed, MissingBlob, Offer, Shortfall
from edd.planning.offers import is_slow, worth_patching
from edd.planning.reading import may_learn

FAREWELL = 2.0
"""Seconds for the engine here to clear up what it was learning with."""

ATTEMPTS = 3
"""Offers of one push: an image may vanish from the host meanwhile, or a patch may not fit."""

SENT = "Nothing that runs was changed. What was sent stays on the host, for a day at most."
PUSH_AGAIN = "Wait for that job to end (`edd jobs`), then push again: only what lacks is sent."


class Push:
    """One image on its way to one deployment."""

    def __init__(
        self, host: HostClient, deployment: str, image: LocalImage, listeners: Listeners
    ) -> None:
        self._host = host
        self._deployment = deployment
        self._image = image
        self._listeners = listeners
        self._kept = Kept(cache_folder(os.environ))
        self._links = Links(cache_folder(os.environ))
        self._patching = Patching(host, deployment, image, self._kept, listeners.report)
        self._following = Following(host, deployment, listeners.report)
        self._tally = Tally([layer.diff_id for layer in image.layers])
        self.account = Account(image_bytes=image.size)

    async def run(self) -> Outcome:
        """Deliver the image and wait until it serves.

        Raises EddError: why it does not; what ran before serves then.
        """
        try:
            return await self._run()
        except DigestMismatchError as error:
            error.advice = MAKE_ANEW
            raise

    async def _run(self) -> Outcome:
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._attempt()
            except EddError as error:
                if not self._may_go_on(error):
                    raise
        return await self._attempt()

    def _may_go_on(self, error: EddError) -> bool:
        """Tell whether another attempt may end better: without patches, or with what lacked."""
        if "patch" in error.data and self._patching.allowed:
            self._patching.give_up(error)
            return True
        return "missing" in error.data

    async def _attempt(self) -> Outcome:
        with self.account.phase("offer"):
            shortfall, link = await self._offer()
        if shortfall.serves is not None:
            self.account.layers = self._tally.sends([], [])
            return shortfall.serves
        layers = [blob.digest for blob in shortfall.missing if blob.digest != self._image.image]
        async with AsyncExitStack() as stack:
            with self.account.phase("prepare"):
                reading = self._image.content(layers, self._listeners.report)
                content = await stack.enter_async_context(reading)
            assembly = await self._send(shortfall, content, link)
            self._listeners.ended()
            with self.account.phase("deliver"):
                return await self._deliver(assembly, content)

    async def _offer(self) -> tuple[Shortfall, Link]:
        """Return what the host lacks, and the link to it."""
        offer = Offer(self._image.image, self._image.layers)
        answer = await insist(
            self._host,
            lambda: self._host.offer(self._deployment, offer),
            on_break=lambda: self._listeners.report(lost("offer")),
        )
        self._following.begin(answer.last_job)
        return answer, self._links.link(self._host.place, self._host.trip)

    async def _send(self, shortfall: Shortfall, content: Content, link: Link) -> Assembly:
        """Send what is missing, as patches where that is worth it."""
        layers, old = await self._comparable(shortfall, content, link)
        async with self._patching.patches(layers, old, self.account) as patches:
            told = {patch.digest: patch.blob for patch in patches}
            targets = {patch.target for patch in patches}
            missing = {blob.digest: blob for blob in shortfall.missing}
            config = missing.pop(self._image.image, MissingBlob(content.config))
            if config.digest != content.config:
                config = MissingBlob(content.config)
            whole = [blob for digest, blob in missing.items() if digest not in targets]
            names = [blob.digest for blob in whole]
            self.account.layers = self._tally.sends(targets, names)
            blobs = {**content.blobs, **told}
            wanted = {one.digest: one for one in (config, *whole, *map(MissingBlob, told))}
            small = small_ones({digest: blobs[digest] for digest in wanted})
            large = [one for digest, one in wanted.items() if digest not in small]
            async with self._learning(content, large, link):
                await self._send_blobs(large, blobs, link)
            within = await self._enclosed({digest: blobs[digest] for digest in small})
        return Assembly(content.config, tuple(told), within)

    async def _deliver(self, assembly: Assembly, content: Content) -> Outcome:
        """Let the host work, and keep meanwhile what the next push may be compared with."""
        layers = {one: blob for one, blob in content.blobs.items() if one != content.config}
        keeping = asyncio.create_task(asyncio.to_thread(self._kept.keep, layers))
        try:
            return await self._following.deliver(assembly)
        except BusyError as error:
            error.kept, error.advice = SENT, PUSH_AGAIN
            raise
        finally:
            await keeping

    async def _comparable(
        self, shortfall: Shortfall, content: Content, link: Link
    ) -> tuple[Mapping[Digest, Blob], OldLayers]:
        """Return the missing layers that are worth a patch, and what they may be compared with.

        One that has begun goes on whole. Over a slow link the host is asked for more that is alike.
        """
        sizes = {layer.diff_id: layer.size for layer in self._image.layers}
        fresh = [blob.digest for blob in shortfall.missing if not blob.received]
        blobs = {digest: content.blobs[digest] for digest in fresh if digest in sizes}

        def worth(rest: int) -> Mapping[Digest, Blob]:
            return {
                digest: blob
                for digest, blob in blobs.items()
                if worth_patching(blob.size or sizes[digest], rest, link)
            }

        guess = guessed(shortfall)
        layers = worth(guess.bytes)
        if layers and self._patching.allowed and is_slow(link):
            with self.account.phase("patch"):
                found = await found_alike(self._host, self._deployment, layers, guess)
            # What must be written out for them may take longer than it spares.
            if still := worth(found.bytes):
                return still, found
        return layers, guess

    async def _enclosed(self, blobs: Mapping[Digest, Blob]) -> tuple[Enclosed, ...]:
        packed = await enclosed(blobs)
        self.account.sent_bytes += sum(len(blob.content) for blob in packed)
        self._listeners.sent(self.account.sent_bytes)
        return packed

    async def _send_blobs(
        self, wanted: Sequence[MissingBlob], blobs: Mapping[Digest, Blob], link: Link
    ) -> None:
        """Send blobs, and remember how fast that went if nothing held it up."""
        before = self.account.sent_bytes

        def sent(count: int) -> None:
            self.account.sent_bytes = before + count
            self._listeners.sent(before + count)

        listeners = Listeners(self._listeners.report, sent)
        sender = Sender(self._host, self._deployment, listeners, Pace(slow=is_slow(link)))
        began = time.monotonic()
        with self.account.phase("send"):
            await sender.send(wanted, blobs)
        if not sender.broken:
            self._links.note(self._host.place, link, sender.bytes, time.monotonic() - began)

    @asynccontextmanager
    async def _learning(
        self, content: Content, wanted: Sequence[MissingBlob], link: Link
    ) -> AsyncIterator[None]:
        """Let the engine here learn while ``wanted`` is sent, if that leaves it the time."""
        left = sum(content.size_of(one.digest) for one in wanted if not one.received)
        if content.learn is None or not may_learn(left, link):
            yield
            return
        learning = asyncio.create_task(content.learn())
        try:
            yield
        finally:
            await dismiss(learning, FAREWELL)


async def push_whole(
    host: HostClient, deployment: str, source: Source, listeners: Listeners
) -> tuple[Outcome, Account]:
    """Deliver an archive as it is, in one request; raises as `Push.run`."""
    delivery = await host.load(deployment, source, listeners)
    seconds = {"deliver": round(delivery.seconds, 3)}
    return delivery.outcome, Account(source.size or 0, delivery.bytes, seconds=seconds)
