"""What the images on this host hold that a caller may build upon."""

from edd.engine.facts import EngineSelf
from edd.engine.images import Images
from edd.model.caller import Caller
from edd.model.holding import Holding, LayeredImage
from edd.operations.settings import Settings


class Holdings:
    """Looks into the engine's images, as far as a caller may.

    Naming a layer must not be enough to read it: who is limited to some deployments is told of,
    and may build upon, images of those alone.
    """

    def __init__(self, images: Images, engine: EngineSelf, settings: Settings) -> None:
        self._images = images
        self._engine = engine
        self._settings = settings

    async def of(self, caller: Caller) -> Holding:
        """Return what ``caller`` may build upon.

        What deployments serve and keep is always part of it, however many images there are.
        """
        every = [deployment.name for deployment in self._settings.config.deployments]
        own = [self._settings.container(name) for name in caller.deployments or every]
        images = await self._images.layered(own, others=not caller.deployments)
        facts = await self._engine.facts()
        return Holding(tuple(images), chained=facts.store == "graphdriver")

    async def serving(self, name: str) -> LayeredImage | None:
        """Return the image that ``name`` runs, or ran last."""
        return await self._images.layers_of(f"{self._settings.container(name)}:latest")
