import gzip

import pytest

from seawall.engine.kernel.errors import FileRejected
from seawall.exchange import limits, sources
from seawall.exchange.sources import whole


def test_a_file_is_the_same_in_chunks_of_any_size():
    data = b"a,b\n" * 1000
    assert whole("items.csv", [data]) == whole("items.csv", [data[at : at + 7] for at in range(0, len(data), 7)])


def test_several_gzip_members_are_one_file():
    packed = b"".join(gzip.compress(part) for part in (b"a,b\n", b"1,2\n", b"", b"3,4\n"))
    assert whole("items.csv.gz", [packed]).data == b"a,b\n1,2\n3,4\n"


def test_a_packed_file_larger_than_a_piece_is_whole():
    data = b"".join(b"%d,%d\n" % (at, at * 7919) for at in range(400_000))
    assert whole("items.csv.gz", [gzip.compress(data)]).data == data


@pytest.mark.parametrize("name", ["items.csv", "items.csv.gz"])
def test_a_file_beyond_the_limit_is_left_before_it_is_read(monkeypatch, name):
    monkeypatch.setattr(limits, "FILE_BYTES", 1000)
    data = gzip.compress(b"a,b\n" * 1000) if name.endswith("gz") else b"a,b\n" * 1000
    with pytest.raises(FileRejected, match="larger than 1000 bytes"):
        whole(name, [data])


def test_kinds_and_stems_of_files():
    said = {
        name: (whole(name, []).stem, whole(name, []).kind)
        for name in ("Items.CSV", "items.2025.xlsx", "rates.parquet", "a.txt")
    }
    assert said == {
        "Items.CSV": ("items", "csv"),
        "items.2025.xlsx": ("items", "xlsx"),
        "rates.parquet": ("rates", "parquet"),
        "a.txt": ("a", "csv"),
    }


def test_a_folder_of_too_many_files_was_named_by_mistake(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "FILES", 2)
    for at in range(3):
        (tmp_path / f"items.{at}.csv").touch()
    with pytest.raises(FileRejected, match="at most 2"):
        sources.found([tmp_path])
