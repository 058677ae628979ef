"""The push parser says what Python's tarfile says, however the bytes come."""

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edd.archive.tar import Event, Kind, Member, MemberEnd, TarReader, file_header, padding
from edd.errors import ArchiveError, TruncatedArchiveError
from tests.unit.archive.builders import Entry, tar_of

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=300)
ENTRIES = st.lists(
    st.builds(Entry, NAMES, st.binary(max_size=3000))
    | st.builds(Entry, NAMES, st.just(b""), st.sampled_from([b"1", b"2"]), NAMES)
    | st.builds(Entry, NAMES, st.just(b""), st.sampled_from([b"3", b"5", b"6"])),
    max_size=8,
)


def events(content: bytes, step: int = 1 << 16) -> list[Event]:
    reader = TarReader()
    found: list[Event] = []
    for at in range(0, len(content), step):
        found += reader.feed(content[at : at + step])
    reader.finish()
    return found


@settings(deadline=None)
@given(
    entries=ENTRIES,
    form=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    step=st.integers(1, 2000),
)
def test_it_agrees_with_tarfile(entries: list[Entry], form: int, step: int) -> None:
    content = tar_of(entries, form)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
        theirs = [(info.name, info.size, info.linkname) for info in tar]
    members = [event for event in events(content, step) if isinstance(event, Member)]
    assert [(one.name.rstrip("/"), one.size, one.target) for one in members] == [
        (name.rstrip("/"), size, target) for name, size, target in theirs
    ]
    found = [event for event in events(content, step) if isinstance(event, bytes)]
    assert b"".join(found) == b"".join(one.content for one in entries)
    assert events(content).count(MemberEnd()) == len(members)


def test_content_within_a_member_is_not_copied() -> None:
    reader = TarReader()
    list(reader.feed(file_header("layer", 4096)))
    piece = bytes(1024)
    assert [event is piece for event in reader.feed(piece)] == [True]


def test_sizes_beyond_eight_gibibytes_are_read_in_base_256() -> None:
    (member,) = TarReader().feed(file_header("layer", 1 << 40))
    assert member == Member("layer", Kind.FILE, 1 << 40)


def test_a_pax_size_beyond_eight_gibibytes_is_read() -> None:
    info = tarfile.TarInfo("layer")
    info.size = 1 << 40
    (member,) = TarReader().feed(info.tobuf(tarfile.PAX_FORMAT))
    assert member == Member("layer", Kind.FILE, 1 << 40)


def test_a_negative_size_is_refused() -> None:
    header = bytearray(file_header("layer", 0))
    header[124:136] = b"\xff" * 12
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(ArchiveError):
        list(TarReader().feed(bytes(header)))


@pytest.mark.parametrize(
    "records",
    [
        b"x",
        b"0 a=b\n",
        b"9999999 path=x\n",
        b"7 path=\n",
        b"10 path=ab",
        b"12 size=-10\n",
        b"13 size=1e10\n",
        b"99999999999999999999999999 path=x\n",
        b"-5 path=x\n",
    ],
)
def test_a_malformed_pax_header_is_refused(records: bytes) -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, len(records)
    content = header.tobuf() + records + padding(len(records)) + file_header("x", 0)
    with pytest.raises(ArchiveError):
        list(TarReader().feed(content))


def test_sparse_members_are_refused() -> None:
    info = tarfile.TarInfo("sparse")
    info.pax_headers = {"GNU.sparse.major": "1"}
    with pytest.raises(ArchiveError):
        list(TarReader().feed(info.tobuf(tarfile.PAX_FORMAT)))


def test_an_extension_header_of_unreasonable_size_is_refused() -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    with pytest.raises(ArchiveError):
        list(TarReader().feed(info.tobuf()))


def test_records_that_do_not_matter_are_not_hoarded() -> None:
    reader = TarReader()
    for number in range(50):
        line = b"19 comment=%07d\n" % number
        header = tarfile.TarInfo("pax")
        header.type, header.size = tarfile.XGLTYPE, len(line)
        content = header.tobuf() + line + padding(len(line))
        assert list(reader.feed(content)) == []
    (member, end) = reader.feed(file_header("x", 0))
    assert (member, end) == (Member("x", Kind.FILE, 0), MemberEnd())
    assert not reader._defaults


def test_a_missing_end_is_noticed() -> None:
    with pytest.raises(TruncatedArchiveError):
        events(tar_of([Entry("a", b"x")])[:1024])
