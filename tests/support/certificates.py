"""A host's certificates and its clients', made by the product's own authority."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from edd.model.caller import Role
from edd.trust.authority import Authority
from edd.trust.bundle import VERSION, Bundle
from edd.trust.issuing import Grant
from edd.trust.paths import TrustPaths

NAMES = ("localhost", ip_address("127.0.0.1"), ip_address("::1"))


@dataclass(frozen=True)
class Client:
    """A client's certificate as files for curl, and as a bundle for `edd`."""

    certificate: Path
    key: Path
    bundle: Bundle


class HostTrust:
    """The authority of a host below ``directory``, its server certificate, and its clients."""

    def __init__(self, directory: Path, name: str = "Test host") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.paths = TrustPaths(directory)
        self.authority = Authority.create(self.paths, name)
        self.authority.issue_server(NAMES)
        self.authority.ensure_crl()
        self.paths.client_authorities.write_text(self.authority.certificate)

    def client(
        self,
        name: str,
        port: int,
        role: Role = Role.ADMIN,
        deployments: tuple[str, ...] = (),
    ) -> Client:
        """Issue a client's certificate for the host on ``port`` of this machine."""
        issued = self.authority.issue_client(Grant(name, role, deployments))
        folder = self.paths.directory / "clients"
        folder.mkdir(exist_ok=True)
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        certificate.write_text(issued.certificate)
        key.write_text(issued.key)
        bundle = Bundle(
            version=VERSION,
            name=name,
            role=role,
            deployments=deployments,
            addresses=(f"127.0.0.1:{port}",),
            ca=self.authority.certificate,
            certificate=issued.certificate,
            key=issued.key,
            not_after=issued.not_after,
        )
        return Client(certificate, key, bundle)
