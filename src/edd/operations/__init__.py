"""Verbs: the use cases. They sequence rooms and hold no protocol."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from edd.operations.bases import Bases
from edd.operations.deliveries import Deliveries
from edd.operations.gateway import Gateway
from edd.operations.lifecycle import Lifecycle
from edd.operations.offers import Offers
from edd.operations.passwords import Passwords
from edd.operations.pushes import Pushes
from edd.operations.relatives import Relatives
from edd.operations.sessions import Sessions
from edd.operations.views import Views
from edd.store.audit import Audit


@dataclass(frozen=True)
class Operations:
    """Everything a caller of a host can ask for."""

    deliveries: Deliveries
    offers: Offers
    bases: Bases
    relatives: Relatives
    pushes: Pushes
    lifecycle: Lifecycle
    views: Views
    gateway: Gateway
    sessions: Sessions
    passwords: Passwords
    audit: Audit
    reload: Callable[[], Awaitable[None]]
