"""The route table: every path the host answers, who may use it, what goes in and what comes out."""

from edd.api import deployments, host, metrics, offers, sessions
from edd.api.route import Route, with_short_forms
from edd.errors import (
    AmbiguousArchiveError,
    ArchiveError,
    BusyError,
    ConfigError,
    CredentialError,
    DigestMismatchError,
    DisabledError,
    DiskFullError,
    EngineRefusedError,
    EngineUnreachableError,
    NotDeployedError,
    NotListeningError,
    StartFailedError,
    TooLargeError,
    TooManyTriesError,
    TruncatedArchiveError,
    UnhealthyError,
    UnknownJobError,
    UnknownReleaseError,
    UnknownSessionError,
    WrongPlatformError,
)
from edd.model.caller import Role
from edd.model.deployment import DeploymentStatus
from edd.model.host import AuditEntry, Check, HostInfo
from edd.model.job import Job, JobStep, Outcome
from edd.model.offer import (
    Assembly,
    BasesRequest,
    Offer,
    Received,
    Shortfall,
    SkeletonRequest,
    Suggestion,
)
from edd.model.password import PasswordRequest, SignIn
from edd.model.plan import Forecast, ForecastRequest, PullRequest, RollbackRequest
from edd.model.release import Release
from edd.model.session import LinkRequest, Session, SessionLink

ENGINE = (EngineUnreachableError, EngineRefusedError)
HELD = (BusyError, DisabledError)
SWITCH = (*ENGINE, *HELD, NotDeployedError, StartFailedError)
DELIVER = (*ENGINE, *HELD, DiskFullError, StartFailedError, UnhealthyError)
RETURN = (*DELIVER, UnknownReleaseError)
ARCHIVE = (
    *(ArchiveError, TruncatedArchiveError, DigestMismatchError, AmbiguousArchiveError),
    *(TooLargeError, WrongPlatformError),
)
PLAIN = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"

ALL = "/v1/deployments"
ONE = "/v1/deployments/{name}"
BLOB = f"{ONE}/blobs/{{digest}}"
PASSWORD = "/v1/sessions/password"  # noqa: S105 - where it is set
VIEWER, DEPLOYER, ADMIN = Role.VIEWER, Role.DEPLOYER, Role.ADMIN

TABLE = (
    Route(
        "GET", ALL, deployments.list_all, needs=VIEWER, answer=list[DeploymentStatus], fails=ENGINE
    ),
    Route("GET", ONE, deployments.show, needs=VIEWER, answer=DeploymentStatus, fails=ENGINE),
    Route(
        "POST",
        f"{ONE}/load",
        deployments.load,
        needs=DEPLOYER,
        uploads=True,
        answer=Outcome,
        events=True,
        fails=DELIVER + ARCHIVE,
    ),
    Route(
        "POST",
        f"{ONE}/offer",
        offers.offer,
        needs=DEPLOYER,
        asks=True,
        body=Offer,
        answer=Shortfall,
        fails=(*ENGINE, TooLargeError, DiskFullError),
    ),
    Route("GET", BLOB, offers.received, needs=VIEWER, answer=Received),
    Route(
        "PATCH",
        BLOB,
        offers.receive,
        needs=DEPLOYER,
        sends_part=True,
        answer=Received,
        fails=(
            *(ArchiveError, TruncatedArchiveError, DigestMismatchError),
            *(TooLargeError, DiskFullError),
        ),
    ),
    Route(
        "POST",
        f"{ONE}/bases",
        offers.bases,
        needs=DEPLOYER,
        asks=True,
        body=BasesRequest,
        answer=Suggestion,
        fails=ENGINE,
    ),
    Route(
        "POST",
        f"{ONE}/skeletons",
        offers.skeletons,
        needs=DEPLOYER,
        asks=True,
        body=SkeletonRequest,
        media=BYTES,
        streams=True,
        answer=bytes,
        fails=(*ENGINE, DiskFullError),
    ),
    Route(
        "POST",
        f"{ONE}/assemble",
        deployments.assemble,
        needs=DEPLOYER,
        body=Assembly,
        answer=Outcome,
        events=True,
        fails=(
            *DELIVER,
            *(ArchiveError, TruncatedArchiveError, DigestMismatchError),
            *(TooLargeError, WrongPlatformError),
        ),
    ),
    Route(
        "POST",
        f"{ONE}/pull",
        deployments.pull,
        needs=DEPLOYER,
        body=PullRequest,
        answer=Outcome,
        events=True,
        fails=(*DELIVER, WrongPlatformError),
    ),
    Route(
        "POST",
        f"{ONE}/rollback",
        deployments.rollback,
        needs=DEPLOYER,
        body=RollbackRequest,
        optional=True,
        answer=Outcome,
        events=True,
        fails=RETURN,
    ),
    Route(
        "POST",
        f"{ONE}/apply",
        deployments.apply,
        needs=DEPLOYER,
        answer=Outcome,
        events=True,
        fails=(*RETURN, NotDeployedError),
    ),
    Route("POST", f"{ONE}/start", deployments.start, needs=DEPLOYER, fails=SWITCH),
    Route("POST", f"{ONE}/stop", deployments.stop, needs=DEPLOYER, fails=SWITCH),
    Route("POST", f"{ONE}/restart", deployments.restart, needs=DEPLOYER, fails=SWITCH),
    Route("DELETE", ONE, deployments.remove, needs=DEPLOYER, fails=SWITCH),
    Route("GET", f"{ONE}/releases", deployments.releases, needs=VIEWER, answer=list[Release]),
    Route(
        "GET",
        f"{ONE}/logs",
        deployments.logs,
        needs=VIEWER,
        query=deployments.LogsQuery,
        streams=True,
        media=PLAIN,
        answer=str,
        fails=(*ENGINE, NotDeployedError),
    ),
    Route(
        "POST",
        f"{ONE}/plan",
        deployments.plan,
        needs=VIEWER,
        body=ForecastRequest,
        answer=Forecast,
        fails=ENGINE,
    ),
    Route("GET", "/v1/info", host.info, needs=VIEWER, answer=HostInfo),
    Route("GET", "/v1/doctor", host.doctor, needs=VIEWER, answer=list[Check]),
    Route("GET", "/v1/jobs", host.jobs, needs=VIEWER, query=host.JobsQuery, answer=list[Job]),
    Route("GET", "/v1/jobs/{id}", host.job, needs=VIEWER, answer=Job, fails=(UnknownJobError,)),
    Route(
        "GET",
        "/v1/jobs/{id}/steps",
        host.steps,
        needs=VIEWER,
        answer=list[JobStep],
        fails=(UnknownJobError,),
    ),
    Route(
        "GET", "/v1/audit", host.audit, needs=ADMIN, query=host.AuditQuery, answer=list[AuditEntry]
    ),
    Route("POST", "/v1/reload", host.reload, needs=ADMIN, fails=(ConfigError, CredentialError)),
    Route(
        "POST",
        "/v1/sessions",
        sessions.session_link,
        needs=VIEWER,
        body=LinkRequest,
        optional=True,
        answer=SessionLink,
        fails=(NotListeningError,),
    ),
    Route("GET", "/v1/sessions", sessions.sessions, needs=VIEWER, answer=list[Session]),
    Route(
        "PUT",
        PASSWORD,
        sessions.password_set,
        needs=VIEWER,
        body=PasswordRequest,
        answer=SignIn,
        fails=(NotListeningError, TooManyTriesError),
    ),
    Route("DELETE", PASSWORD, sessions.password_remove, needs=VIEWER),
    Route(
        "DELETE",
        "/v1/sessions/{id}",
        sessions.session_end,
        needs=VIEWER,
        fails=(UnknownSessionError,),
    ),
    Route("GET", "/v1/metrics", host.metrics, needs=VIEWER, media=metrics.MEDIA_TYPE, answer=str),
    Route("GET", "/metrics", host.metrics, needs=VIEWER, media=metrics.MEDIA_TYPE, answer=str),
    Route("GET", "/v1/openapi.json", host.description, needs=VIEWER, answer=bytes),
)

ROUTES = with_short_forms(TABLE)
"""The table and the short form of each route about a deployment."""
