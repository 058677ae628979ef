"""A request as a handler sees it: decoded, allowed, and free of HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from edd.errors import ForbiddenError
from edd.model.caller import Caller, Role
from edd.model.image import Digest
from edd.model.job import Report
from edd.model.upload import Part, Upload

if TYPE_CHECKING:
    from edd.operations import Operations

Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class Call(Generic[Asked]):
    """Who asks for what: ``asked`` is the decoded body or query, None where a route has neither.

    ``name``, ``number`` and ``digest`` come from the path; ``upload`` and ``part`` open the body of
    a route that takes one.
    """

    operations: "Operations"
    caller: Caller
    asked: Asked
    report: Report
    upload: Callable[[], Upload]
    document: Callable[[], bytes]
    part: Callable[[], Part]
    name: str = ""
    number: int = 0
    digest: Digest = ""

    def require(self, deployment: str) -> None:
        """Refuse a caller who may not see ``deployment``, where the path does not name it."""
        if not self.caller.may(Role.VIEWER, deployment):
            raise out_of_reach(self.caller)


def out_of_reach(caller: Caller) -> ForbiddenError:
    """Refuse a limited caller, and do not tell the name of what is not theirs to see."""
    limit = ", ".join(sorted(caller.deployments))
    return ForbiddenError(
        f"The certificate of {caller.name} reaches {limit} only.",
        advice="Ask the host's administrator for one that names this deployment, too.",
    )
