"""Every refusal and failure the product can express, free of HTTP and of the terminal.

`api/problems.py` gives each a status, `cli/output.py` an exit code.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self


class EddError(Exception):
    """A fact that stopped an operation: what happened, what was left as it was, what to do."""

    code: ClassVar[str] = "failed"
    kept: str = ""
    advice: str = ""

    def __init__(
        self, detail: str, *, kept: str | None = None, advice: str | None = None, **data: Any
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.kept = type(self).kept if kept is None else kept
        self.advice = type(self).advice if advice is None else advice
        self.data = data


def kinds_of(parent: type[EddError]) -> Iterator[type[EddError]]:
    """Yield every error below ``parent``, in the order of their definition."""
    for kind in parent.__subclasses__():
        yield kind
        yield from kinds_of(kind)


class ConfigError(EddError):
    """The configuration cannot be used; ``data["problems"]`` lists everything that is wrong."""

    code = "invalid-config"
    advice = "Correct the values named and run `edd config check`."


class InvalidRequestError(EddError):
    """The request does not have the form its route asks for."""

    code = "invalid-request"
    kept = "Nothing was changed."


class UntrustedError(EddError):
    """The caller's certificate is missing, revoked, expired or names no role."""

    code = "untrusted"
    kept = "Nothing was changed."
    advice = "Ask the host's administrator for a bundle: edd cert issue NAME."


class TooManyTriesError(EddError):
    """Somebody tried to be let in too often; ``data["seconds"]`` says when to try again."""

    code = "too-many-tries"
    kept = "Nothing was changed."


class ForbiddenError(EddError):
    """The caller is known, but its role or its deployments do not reach this far."""

    code = "forbidden"
    kept = "Nothing was changed."
    advice = "Ask the host's administrator for a certificate with a larger role."


class ForeignOriginError(EddError):
    """A web page of another origin made a browser send this request."""

    code = "foreign-origin"
    kept = "Nothing was changed."
    advice = "Send the request from the host's own console or from a program."


class UnknownDeploymentError(EddError):
    """The host's configuration names no such deployment."""

    code = "unknown-deployment"
    kept = "Nothing was read or changed."
    advice = "List them with `edd ps`; the host's administrator adds one to its configuration."


class UnknownReleaseError(EddError):
    """The deployment keeps no such release."""

    code = "unknown-release"
    kept = "Nothing was changed."
    advice = "List the kept ones with `edd releases NAME`."


class UnknownObjectError(EddError):
    """The Docker Engine can have nothing of the name in this path."""

    code = "unknown-object"
    kept = "Nothing was changed."


class UnknownJobError(EddError):
    """The host remembers no such job."""

    code = "unknown-job"
    advice = "List them with `edd jobs`."


class UnknownSessionError(EddError):
    """No browser has such a session, or no longer."""

    code = "unknown-session"
    advice = "List them with `edd session list`."


class NotListeningError(EddError):
    """The host does not listen for browsers, so nobody could come by a link or a password."""

    code = "not-listening"
    kept = "Nothing was changed."
    advice = (
        'Set console_listen = "0.0.0.0:9443" in its configuration, then: systemctl restart edd.'
    )


class BusyError(EddError):
    """Another job holds the deployment; ``data`` names the job, the caller and since when."""

    code = "deployment-busy"
    kept = "Nothing was read or changed."
    advice = "Wait for that job to end (`edd jobs`), then try again."


class DisabledError(EddError):
    """The host's configuration keeps the deployment down."""

    code = "disabled"
    kept = "Nothing was read or changed."
    advice = "Say enabled = true in the host's configuration, and: edd reload."


class NotDeployedError(EddError):
    """The deployment is configured, but nothing was ever delivered to it, or it was removed."""

    code = "not-deployed"
    kept = "Nothing was changed."
    advice = "Deliver an image (edd push IMAGE NAME), or bring a kept one back: edd rollback NAME."


class ArchiveError(EddError):
    """The bytes received are not an image archive that may enter the engine."""

    code = "invalid-archive"
    kept = "Nothing was loaded; what ran before still runs."
    advice = "Send what `docker save`, BuildKit, skopeo or kaniko write."


class TruncatedArchiveError(EddError):
    """The archive ended early, or its sender went away."""

    code = "truncated-archive"
    kept = "Nothing was loaded; what ran before still runs."
    advice = "Send it again."


class DigestMismatchError(EddError):
    """Content in the archive does not hash to the digest that was announced for it.

    Of a blob nothing was kept: it may be sent again from byte ``data["offset"]``, which is 0.
    """

    code = "digest-mismatch"
    kept = "Nothing was loaded; what ran before still runs."
    advice = "Save the image again and send the new archive."


class WrongPlatformError(EddError):
    """The archive holds no image for the host's operating system and processor."""

    code = "wrong-platform"
    kept = "Nothing was loaded; what ran before still runs."
    advice = "Build it for the host: docker build --platform OS/ARCHITECTURE."

    @classmethod
    def between(cls, host: object, images: Sequence[object]) -> Self:
        """Return the error that names all platforms, as ``linux/amd64``, and what to build."""
        found = f"is for {', '.join(map(str, images))}" if images else "names no platform"
        return cls(
            f"The image {found}, the host is {host}.",
            advice=f"Build it for the host: docker build --platform {host}.",
            host=str(host),
            image=list(map(str, images)),
        )


class AmbiguousArchiveError(EddError):
    """The archive holds several images and none is named for the deployment."""

    code = "several-images"
    kept = "Nothing was loaded; what ran before still runs."
    advice = "Save one image, or tag the one you mean with the deployment's name."


class TooLargeError(EddError):
    """The request exceeds a size the host's configuration sets."""

    code = "too-large"
    kept = "Nothing was loaded; what ran before still runs."
    advice = "Send a smaller image, or raise `max_archive` in the host's configuration."


class DiskFullError(EddError):
    """The host's disk has no room; ``data`` tells how many bytes are needed and free."""

    code = "disk-full"
    kept = "What ran before still runs."
    advice = "Free space on the host (docker system df shows what holds it), then try again."


ON_STATE_DISK = (
    "Free space on the host's disk that holds `state_dir` (/var/lib/edd unless it is set), then try"
    " again."
)
"""What to do where it is not the engine's disk that is full."""


class EngineUnreachableError(EddError):
    """The Docker Engine does not answer on its socket, or went away half-way."""

    code = "engine-unreachable"
    advice = "See that dockerd runs (systemctl status docker) and that edd may use its socket."


class EngineRefusedError(EddError):
    """The Docker Engine answered with an error; ``detail`` carries its own words."""

    code = "engine-refused"


class StartFailedError(EddError):
    """The engine could not create or start the container; ``data["log"]`` has the last lines."""

    code = "start-failed"
    advice = "Mend the image or the deployment's args and deliver again."


class UnhealthyError(EddError):
    """The new release did not become healthy in time; ``data["log"]`` has its last lines."""

    code = "unhealthy"
    advice = "Mend the image and deliver again."


class HostUnreachableError(EddError):
    """A workstation's request did not reach the host, or was cut off.

    ``data["strange"]`` is set when there was an answer, but not one of an ED daemon.
    """

    code = "host-unreachable"
    advice = "See that `edd serve` runs there and that its port is open."


class CredentialError(EddError):
    """A key, certificate, bundle or list of hosts on this machine cannot be used."""

    code = "invalid-credential"
    kept = "Nothing was changed."


class SourceError(EddError):
    """The image, archive or layout that was to be pushed cannot be read here."""

    code = "no-such-source"
    kept = "Nothing was sent."
    advice = "Name an image of the local engine, an archive file, an OCI layout folder, or -."
