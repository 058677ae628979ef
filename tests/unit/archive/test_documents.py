"""What documents may cost: their text is judged before memory is spent on its values."""

import tracemalloc

import pytest

from edd.archive.documents import (
    MAX_ENTRIES,
    ImageConfig,
    OciDocument,
    Reading,
    SavedImage,
)
from edd.errors import ArchiveError
from tests.unit.archive.builders import Entry, tar_of
from tests.unit.archive.reading import refuse

MANY = MAX_ENTRIES + 2
DESCRIPTOR = '{"digest":"","size":1}'
HOSTILE = {
    "descriptors": ('{"manifests":[%s]}', DESCRIPTOR, OciDocument),
    "annotations": (
        '{"manifests":[{"digest":"","size":1,"annotations":{%s}}]}',
        '"k":""',
        OciDocument,
    ),
    "tags": ('[{"Config":"","RepoTags":[%s]}]', '"ab"', list[SavedImage]),
    "diff IDs": ('{"rootfs":{"diff_ids":[%s]}}', '"ab"', ImageConfig),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_document_with_too_many_entries_is_refused_before_it_costs_memory(case: str) -> None:
    frame, entry, kind = HOSTILE[case]
    content = (frame % ",".join([entry] * MANY)).encode()

    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match="entries"):
            Reading().decode(content, kind, "A document")
        assert tracemalloc.get_traced_memory()[1] < 3 * len(content)
    finally:
        tracemalloc.stop()


def test_entries_are_counted_over_all_documents_of_an_archive() -> None:
    reading = Reading()

    def read(number: int) -> None:
        rest = ",".join([f'"{number}"'] * (MAX_ENTRIES // 2))
        content = f'{{"rootfs":{{"diff_ids":[{rest}]}}}}'.encode()
        reading.decode(content, ImageConfig, "A configuration")
        reading.decode(content, ImageConfig, "The same again")

    read(1)
    read(2)
    with pytest.raises(ArchiveError, match="entries"):
        read(3)


def test_a_long_history_counts_for_nothing() -> None:
    steps = ",".join(['{"a":"b,c"}'] * MANY)
    config = f'{{"history":[{steps}],"os":"linux","rootfs":{{"diff_ids":["x"]}}}}'

    image = Reading().decode(config.encode(), ImageConfig, "A configuration")

    assert (image.os, image.rootfs.diff_ids) == ("linux", ["x"])


def test_a_member_given_twice_does_not_hide_its_entries() -> None:
    many = ",".join([DESCRIPTOR] * MANY)
    content = f'{{"manifests":[{many}],"manifests":[]}}'.encode()

    tracemalloc.start()
    try:
        assert Reading().decode(content, OciDocument, "An index").manifests == []
        assert tracemalloc.get_traced_memory()[1] < len(content)
    finally:
        tracemalloc.stop()


def test_an_archive_with_such_an_index_is_refused() -> None:
    entries = ",".join(['"k":""'] * MANY)
    content = f'{{"manifests":[{{"digest":"","size":1,"annotations":{{{entries}}}}}]}}'.encode()
    assert "entries" in refuse(tar_of([Entry("index.json", content)])).detail
