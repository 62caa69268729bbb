import codecs

import pytest

from seawall.engine.kernel.errors import FileRejected
from seawall.exchange.encoding import to_utf8

CHINESE = "客户,金额\n宁波海堤贸易有限公司,100\n上海甲乙丙丁公司,200\n"
WESTERN = "Kunde;Betrag\nMüller & Söhne;100\nCafé d'Été;200\nGroß Öl;5 €\n"


@pytest.mark.parametrize(
    ("text", "encoding", "asked", "name"),
    [
        (CHINESE, "utf-8", None, "utf-8"), (CHINESE, "utf-8-sig", None, "utf-8"), (CHINESE, "gb18030", None, "gb18030"),
        (CHINESE, "gbk", None, "gb18030"), (CHINESE, "utf-16", None, "utf-16-le"), (CHINESE, "utf-16", "utf-16", "utf-16-le"),
        (WESTERN, "cp1252", None, "cp1252"), (WESTERN, "utf-16-be", None, "utf-16-be"), (WESTERN, "utf-16-le", "utf-16", "utf-16-le"),
        (WESTERN, "utf-32", None, "utf-32-le"), (WESTERN, "cp1252", "latin-1", "cp1252"), (CHINESE, "big5", "big5", "big5"),
        ("plain", "ascii", None, "utf-8"), (CHINESE, "utf-8", "gb18030", "utf-8"), ("宁", "gbk", "gbk", "gb18030"),
    ],
)  # fmt: skip
def test_text_in_any_encoding_becomes_utf8(text, encoding, asked, name):
    data = (
        text.translate({ord("宁"): "寧"}).encode(encoding, "replace") if encoding == "big5" else text.encode(encoding)
    )
    utf8, found = to_utf8(data, file="f.csv", asked=asked)
    assert found == name
    if encoding != "big5":
        assert utf8.decode() == text


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (CHINESE.encode() + CHINESE.encode("gb18030"), 3),
        (CHINESE.encode() + "Müller\n".encode("latin-1"), 3),
        (b"a,b\n" + "\ud800".encode("utf-8", "surrogatepass") + b"\n", 1),
        (codecs.BOM_UTF16_LE + "a,b\n1,".encode("utf-16-le") + b"\x00\xd8x\x00", 1),
        (CHINESE.encode()[:-6], 2),
        (codecs.BOM_UTF8 + b"a,b\n1,\xff\xfe\n", 1),
        (bytes(range(128, 256)) * 3, 0),
    ],
)
def test_what_is_not_certain_is_refused_with_its_row(data, row):
    with pytest.raises(FileRejected) as error:
        to_utf8(data, file="f.csv")
    assert (error.value.code, error.value.where.row) == ("encoding", row)
