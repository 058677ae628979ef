"""Single layers out of the engine of this machine, by letting it push to a door on loopback.

`docker save` writes out every layer to give one. A push gives only those that the registry says it
lacks; here the registry is this process, and it lacks what is wanted. See docs/adr/0020.
"""

from edd.client.tap.engine import connected
from edd.client.tap.layers import TappedLayer
from edd.client.tap.tap import Tap, learn, open_tap

__all__ = ["Tap", "TappedLayer", "connected", "learn", "open_tap"]
