"""Where a host keeps its identity: one small directory, ``/etc/edd`` unless told otherwise."""

from pathlib import Path

from msgspec import Struct

DEFAULT_DIRECTORY = Path("/etc/edd")


class TrustPaths(Struct, frozen=True):
    """The files below a host's configuration directory, each with the mode it is written with."""

    directory: Path = DEFAULT_DIRECTORY

    @property
    def tls(self) -> Path:
        """The directory of everything TLS (0755: only the keys in it are private)."""
        return self.directory / "tls"

    @property
    def ca_certificate(self) -> Path:
        """The certificate authority made by `edd init` (0644)."""
        return self.tls / "ca.crt"

    @property
    def ca_key(self) -> Path:
        """Its private key (0600, root): whoever has it decides who may enter."""
        return self.tls / "ca.key"

    @property
    def server_certificate(self) -> Path:
        """What the daemon shows its callers (0644); the rest of its chain may follow."""
        return self.tls / "server.crt"

    @property
    def server_key(self) -> Path:
        """The daemon's private key (0640, group edd)."""
        return self.tls / "server.key"

    @property
    def server_authority(self) -> Path:
        """What vouches for the server, where ``ca.crt`` does not; put there by hand."""
        return self.tls / "server-ca.crt"

    @property
    def client_authorities(self) -> Path:
        """The authorities whose clients may enter (0644); a copy of ``ca.crt`` at first."""
        return self.tls / "clients.crt"

    @property
    def client_crl(self) -> Path:
        """Revocation lists of those authorities, PEM, one after another (0644)."""
        return self.tls / "clients.crl"

    @property
    def issued(self) -> Path:
        """One file for each client name: its certificates, newest first. No keys are kept."""
        return self.tls / "issued"

    @property
    def admin_bundle(self) -> Path:
        """The administrator's bundle that `edd init` writes (0600)."""
        return self.directory / "admin.json"
