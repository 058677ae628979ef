"""The zstd of Python's standard library (3.14), or its backport, with memory bounded."""

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import (
        CompressionParameter,
        DecompressionParameter,
        ZstdCompressor,
        ZstdDecompressor,
        ZstdDict,
        ZstdError,
    )
else:
    from backports.zstd import (
        CompressionParameter,
        DecompressionParameter,
        ZstdCompressor,
        ZstdDecompressor,
        ZstdDict,
        ZstdError,
    )

from edd.errors import ArchiveError

WINDOW_LOG = 24
"""No frame refers further back than 16 MiB, so no reader needs more for its window."""

_SMALLEST_DICTIONARY = 8
"""The library refuses a dictionary of fewer bytes."""


def compressor(level: int, prefix: bytes = b"", window: int = 23) -> ZstdCompressor:
    """Return a compressor whose tables stay below 32 MiB, whatever ``level`` asks for.

    What it looks back on are 2 ** ``window`` bytes; fewer take less memory.
    """
    options: dict[int, int] = {
        CompressionParameter.compression_level: level,
        CompressionParameter.content_size_flag: 0,
        CompressionParameter.dict_id_flag: 0,
    }
    if level > 2:
        options[CompressionParameter.window_log] = window
        options[CompressionParameter.hash_log] = min(window, 20)
        options[CompressionParameter.chain_log] = min(window, 22)
    return ZstdCompressor(options=options, zstd_dict=_prefix(prefix))


def compress(data: bytes, level: int, prefix: bytes = b"") -> bytes:
    """Return ``data`` as one frame that is read with the same ``prefix``."""
    return compressor(level, prefix).compress(data, ZstdCompressor.FLUSH_FRAME)


def pack(writer: ZstdCompressor, data: bytes) -> bytes:
    """Return what ``writer`` makes of ``data``, complete so far; its frame goes on."""
    return writer.compress(data, ZstdCompressor.FLUSH_BLOCK)


def decompressor(prefix: bytes = b"") -> ZstdDecompressor:
    """Return a decompressor that refuses a window of more than 2 ** `WINDOW_LOG` bytes."""
    options: dict[int, int] = {DecompressionParameter.window_log_max: WINDOW_LOG}
    return ZstdDecompressor(zstd_dict=_prefix(prefix), options=options)


def decompress(frame: bytes, size: int, prefix: bytes = b"") -> bytes:
    """Return the ``size`` bytes that ``frame`` was made of; never more is unpacked.

    Raises:
        ArchiveError: it is damaged, or does not hold exactly as many.
    """
    reader = decompressor(prefix)
    data = unpack(reader, frame, size)
    if not reader.eof or reader.unused_data:
        raise ArchiveError("A compressed part does not have the size that it announces.")
    return data


def unpack(reader: ZstdDecompressor, data: bytes, size: int) -> bytes:
    """Return exactly ``size`` bytes that ``reader`` makes of ``data``.

    Raises:
        ArchiveError: it is damaged, or holds fewer or more.
    """
    try:
        unpacked = reader.decompress(data, size) if size else b""
        surplus = b"" if reader.eof else reader.decompress(b"" if size else data, 1)
    except (ZstdError, EOFError) as problem:
        raise ArchiveError(f"A compressed part is damaged: {problem}.") from None
    if len(unpacked) != size or surplus:
        raise ArchiveError("A compressed part does not have the size that it announces.")
    return unpacked


def _prefix(content: bytes) -> tuple[ZstdDict, int] | None:
    if len(content) < _SMALLEST_DICTIONARY:
        return None
    return ZstdDict(content, is_raw=True).as_prefix
