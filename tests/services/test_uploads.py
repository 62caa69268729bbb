"""Uploads: kept by hash, looked at before anything is written, imported once; mappings found by their headers."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from small_ledger import ALLOCATIONS, CUSTOMERS, ITEMS, SYSTEM, open_by_number

from seawall.engine.kernel.errors import FileRejected, NotFound, NotPermitted
from seawall.services import imports, mappings, uploads
from seawall.services.access import Actor
from seawall.services.files import RowsRejected
from seawall.services.uploads import Asked
from seawall.store.models import AuditEntry, ImportFile, Item, Upload

pytestmark = pytest.mark.django_db(transaction=True)


def sent(**files):
    return uploads.receive(SYSTEM, [(name.replace("__", "."), [text(lines)]) for name, lines in files.items()])


def text(lines):
    return lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode()


def whole():
    return sent(customers__csv=CUSTOMERS, items__csv=ITEMS, allocations__csv=ALLOCATIONS)


def test_a_preview_says_what_would_happen_and_writes_nothing():
    found = uploads.preview(SYSTEM, upload_id=whole(), asked=Asked())
    assert (found.problem, found.read_as) == (None, "canonical")
    assert found.counts["items"] == {"same": 0, "new": 5, "changed": 0, "vanished": 0}
    assert {row["currency"]: row["taken_minor"] for row in found.control} == {"CNY": 37050, "EUR": 1000}
    assert Item.objects.every_entity().count() == 0


def test_an_upload_is_imported_once_however_often_it_is_committed():
    upload_id = whole()
    first = uploads.commit(SYSTEM, upload_id=upload_id, asked=Asked())
    again = uploads.commit(SYSTEM, upload_id=upload_id, asked=Asked())
    assert again.import_no == first.import_no
    assert len(open_by_number()) == 4
    assert uploads.shown(SYSTEM, upload_id=upload_id).state == "done"
    assert AuditEntry.objects.filter(verb="ledger.import").count() == 1
    second = whole()
    assert uploads.commit(SYSTEM, upload_id=second, asked=Asked()).batch_no is None
    assert uploads.shown(SYSTEM, upload_id=second).state == "done"


def test_rejects_and_corrections_are_named_and_taken_only_when_accepted():
    uploads.commit(SYSTEM, upload_id=whole(), asked=Asked())
    lines = [ITEMS[0], ITEMS[1].replace("1000.00", "1e3"), ITEMS[3].replace("70.50", "80.50")]
    upload_id = sent(items__csv=lines)
    found = uploads.preview(SYSTEM, upload_id=upload_id, asked=Asked())
    assert found.rejects.select("row", "column", "code").rows() == [(1, "amount", "amount_exponent")]
    assert found.corrections.select("row", "expected").rows() == [(2, "amount_minor")]
    assert found.counts["items"]["changed"] == 1
    for asked in (Asked(), Asked(apply_corrections=True)):
        with pytest.raises(RowsRejected):
            uploads.commit(SYSTEM, upload_id=upload_id, asked=asked)
    done = uploads.commit(SYSTEM, upload_id=upload_id, asked=Asked(accept_rejects=True, apply_corrections=True))
    assert (done.counts["items"]["changed"], done.rejects.height) == (1, 1)
    assert open_by_number()["I-3"] == 8050


def test_a_control_total_that_differs_is_said_with_the_difference():
    asked = Asked(control_total=Decimal("999.00"))
    found = uploads.preview(
        SYSTEM, upload_id=sent(items__csv=[line for line in ITEMS if "EUR" not in line]), asked=asked
    )
    assert [row["difference_minor"] for row in found.control] == [99900 - 37050]
    assert found.rejects["code"].to_list() == ["control_total"]


def test_a_file_is_known_by_its_headers():
    export = sent(**{"Export 3__csv": ITEMS})
    found = uploads.preview(SYSTEM, upload_id=export, asked=Asked())
    assert (found.read_as, found.counts["items"]["new"]) == ("canonical", 5)
    lines = [
        "单据编号,业务日期,到期日,往来单位编码,往来单位名称,币别,价税合计,未收款金额",
        "AR1,2026/1/5,2026/2/4,K1,某某公司,人民币,100.00,60.00",
    ]
    chinese = sent(**{"应收单 2026-01-31__csv": "\r\n".join(lines).encode("gb18030")})
    found = uploads.preview(SYSTEM, upload_id=chinese, asked=Asked())
    assert (found.read_as, found.heads[0].encoding, found.list_date) == ("kingdee", "gb18030", dt.date(2026, 1, 31))
    assert (found.fits[0].id, found.fits[0].missing, found.problem) == ("kingdee", (), None)
    assert uploads.commit(SYSTEM, upload_id=chinese, asked=Asked()).counts["items"]["new"] == 1


def test_a_file_nobody_knows_says_what_is_missing():
    found = uploads.preview(SYSTEM, upload_id=sent(odd__csv=["a,b", "1,2"]), asked=Asked())
    assert found.problem.code == "file_name"
    assert all(fit.missing for fit in found.fits)


def test_one_sees_ones_own_uploads_only():
    upload_id = whole()
    with pytest.raises(NotPermitted):
        uploads.shown(Actor.of("rae", ["viewer"]), upload_id=upload_id)
    with pytest.raises(NotFound):
        uploads.shown(SYSTEM, upload_id=uuid.uuid4())
    uploads.discard(SYSTEM, upload_id=upload_id)
    assert Upload.objects.count() == 0


def test_an_entity_outside_the_scope_is_not_said_to_exist():
    narrow = Actor.of("fin", ["finance"], frozenset({"E1"}))
    upload_id = uploads.receive(narrow, [("items.csv", [text(ITEMS)])])
    with pytest.raises(NotFound):
        uploads.preview(narrow, upload_id=upload_id, asked=Asked())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"), ("C:\\x\\items.csv", "items.csv"), ("..csv", "csv"), ("\u202egpj.csv", "gpj.csv"),
        ("a\r\nb\0.csv", "ab.csv"), ("x" * 400 + ".csv", "x" * 130 + ".csv"), ("", "file"), ("a/", "file"),
    ],
)  # fmt: skip
def test_a_name_is_a_name_and_no_path(given, kept):
    assert uploads.plain_name(given) == kept


def test_two_files_of_one_name_are_two_files():
    upload_id = uploads.receive(
        SYSTEM, [("items.csv", [text(ITEMS[:2])]), ("x/Items.csv", [text([ITEMS[0], ITEMS[2]])])]
    )
    assert uploads.commit(SYSTEM, upload_id=upload_id, asked=Asked()).counts["items"]["new"] == 2
    assert sorted(ImportFile.objects.every_entity().values_list("name", flat=True)) == ["Items.2.csv", "items.csv"]


def test_what_is_no_table_is_not_taken_in():
    for files in ([], [("a.exe", [b"MZ"])], [("a.csv.html", [b"<script>"])]):
        with pytest.raises(FileRejected):
            uploads.receive(SYSTEM, files)


def test_the_original_comes_back_byte_for_byte():
    upload_id = whole()
    uploads.commit(SYSTEM, upload_id=upload_id, asked=Asked())
    file = next(each for each in imports.imports(SYSTEM) if each.name == "items.csv")
    assert imports.original(SYSTEM, file_id=file.file_id) == ("items.csv", text(ITEMS))
    with pytest.raises(NotPermitted):
        imports.original(Actor.of("rae", ["viewer"]), file_id=file.file_id)
    with pytest.raises(NotFound):
        imports.original(Actor.of("fin", ["finance"], frozenset({"E1"})), file_id=file.file_id)


OWN = """title: Our list
basis: full_ledger
dates: [D.M.YYYY]
numbers: {decimal: ",", thousands: "."}
items:
  customer_code: Kunde
  number: Beleg
  issued_on: Datum
  currency: {constant: EUR}
  kind: {constant: invoice}
  amount: Betrag
"""
GERMAN = ["Kunde;Beleg;Datum;Betrag", "K1;RE-1;31.1.2026;1.234,50"]


def test_a_saved_mapping_reads_by_its_name_and_is_kept_as_versions():
    assert mappings.save(SYSTEM, name="ours", text=OWN).result == {"name": "ours", "version": 1}
    assert mappings.save(SYSTEM, name="ours", text=OWN).batch_no is None
    found = uploads.preview(SYSTEM, upload_id=sent(liste__csv=GERMAN), asked=Asked())
    assert (found.read_as, found.counts["items"]["new"]) == ("ours", 1)
    mappings.save(SYSTEM, name="ours", text=OWN.replace("invoice", "debit_note"))
    assert [row.version for row in mappings.versions(SYSTEM, "ours")] == [2, 1]
    assert mappings.listed(SYSTEM)[0].version == 2
    mappings.end(SYSTEM, name="ours")
    assert "ours" not in [known.name for known in mappings.listed(SYSTEM)]
    with pytest.raises(NotFound):
        mappings.end(SYSTEM, name="ours")
    mappings.save(SYSTEM, name="ours", text=OWN)
    assert mappings.body(SYSTEM, "ours")[0].version == 4


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("kingdee", OWN), ("Up", OWN), ("../x", OWN), ("ours", "items: ["), ("ours", "like: /etc/x.yaml\n"),
        ("ours", "like: ../x.yml\n"), ("ours", OWN + "wrong: 1\n"), ("ours", "x: " + "y" * 70_000),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_is_not_saved(name, body):
    from seawall.engine.kernel.errors import InputError

    with pytest.raises(InputError):
        mappings.save(SYSTEM, name=name, text=body)
    with pytest.raises(NotPermitted):
        mappings.save(Actor.of("rae", ["viewer"]), name="ours", text=OWN)


def test_who_uploads_names_no_file_of_the_machine(tmp_path):
    (tmp_path / "x.yaml").write_text(OWN)
    asked = Asked(mapping=str(tmp_path / "x.yaml"))
    found = uploads.preview(SYSTEM, upload_id=sent(liste__csv=GERMAN), asked=asked)
    assert found.problem.code == "mapping_invalid"
