"""What a delivery wants from the archive that arrives for it."""

from pathlib import Path

from msgspec import Struct

from edd.model.image import Platform


class Wanted(Struct, frozen=True):
    """The image an archive must hold, and what the host grants it.

    Of several images the one counts whose repository is ``repository`` or ends in
    ``/deployment``. ``reference`` is the only tag that is written. ``max_bytes`` bounds three
    sizes alike: what arrives, the tar in it, and its layers unpacked. An engine that does not
    read zstd (before 23) gets such layers plain, by way of an unnamed file in ``spool_dir``.
    With ``engine_verifies_layers`` the engine refuses a layer that does not hash to its diff ID;
    those that arrive plain are not hashed a second time here.
    """

    deployment: str
    repository: str
    reference: str
    platform: Platform
    max_bytes: int
    spool_dir: Path | None = None
    engine_reads_zstd: bool = False
    engine_verifies_layers: bool = False
