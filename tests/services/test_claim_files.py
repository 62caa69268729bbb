"""The claim file: what files and store say alike, what people put beside it, its ZIP, and keeping what was filed."""

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath

import polars as pl
import pytest
import yaml
from insurance_book import day
from services.test_protection import EXAMPLE, LOSS, SYSTEM, from_files, opened, stocked  # noqa: F401 - a fixture

from seawall.engine.kernel.asof import FROM_FILES, AsOf
from seawall.engine.kernel.errors import (
    IdempotencyMismatch,
    InputError,
    NotFound,
    NotPermitted,
    UnknownCode,
    UsageError,
)
from seawall.engine.protection.claim_facts import Key
from seawall.exchange import claim_file
from seawall.exchange.language import Language
from seawall.policies.insurance import load_wordings
from seawall.policies.load import shipped
from seawall.services import claim_files, remarks, subjects
from seawall.services.access import Actor
from seawall.services.claim_facts import of_files
from seawall.services.intake import commit_rows
from seawall.services.organisation import about
from seawall.store import files as kept_files
from seawall.store.models import Document

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stocked")]
ON = day("2025-10-15")
CLAIM = Key("C1", "P-2025", LOSS, "insolvency")
EN, ZH = Language("en"), Language("zh")


class Book:
    """A ledger of files with its day."""

    def __init__(self, whole, on):
        self.ledger, self.as_of, self.rates = whole.book.ledger, AsOf(on, FROM_FILES), None


def found(on=ON, actor=SYSTEM, loss=CLAIM):
    return claim_files.of_reading(opened(on, actor), loss, about=about(actor))


def made(form="zip", language=EN, actor=SYSTEM):
    target = io.BytesIO()
    name = claim_files.write(opened(ON, actor), CLAIM, about=about(actor), form=form, language=language, target=target)
    return name, target.getvalue()


def unpacked(content):
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def customer():
    return subjects.customer_of(SYSTEM, "C1")


def add(name, content, item=None):
    subject = customer() if item is None else subjects.item_of(SYSTEM, "main", "debit", item)
    return remarks.add_document(SYSTEM, subject, name=name, content=content)


def states(document):
    return {row["code"]: (row["state"], row["there"], row["wanted"]) for row in document["checklist"]}


def test_the_store_says_of_a_loss_what_the_files_say():
    whole = from_files()
    files = of_files(Book(whole, ON), whole, CLAIM, policies=shipped())
    store = found()
    beside = ("correspondence", "documents", "checklist", "known", "company", "is_demo")
    assert {name: files[name] for name in files if name not in beside} == {
        name: store[name] for name in store if name not in beside
    }
    (claim,) = store["claims"]
    assert (claim["gross"], claim["covered"], claim["indemnity"]) == ("350000.00", "255000.00", "216500.00")
    (account,) = store["statement"]
    assert account["months"][0]["on"] == "2025-02-28"
    assert account["months"][-1] == {
        "on": "2025-10-15", "opening": "350000.00", "charged": "0.00", "paid": "0.00", "credited": "0.00",
        "transferred": "0.00", "closing": "350000.00",
    }  # fmt: skip
    assert [row["kind"] for row in store["limits"]] == ["approved", "reduced"]
    assert [row["event"] for row in store["events"]] == ["overdue_notified", "insolvency"]
    assert [(row["kind"], row["number"], row["state"], row["done_on"]) for row in store["duties"][:3]] == [
        ("overdue_notice", "I1", "done", "2025-07-05"), ("hand_over", "I1", "missed", None),
        ("overdue_notice", "I2", "done", "2025-07-05"),
    ]  # fmt: skip
    assert {row["number"] for row in store["duties"]} == {"I1", "I2", "I3"}
    assert (states(files)["invoices"][0], states(store)["invoices"]) == ("unsaid", ("missing", 0, 5))


def test_the_checklist_knows_documents_by_their_names_and_whose_they_are():
    add("Invoice.pdf", b"1", "I1")
    add("scan.pdf", b"2", "I2")  # nothing says what it is
    add("invoice I3 and I30.pdf", b"3")
    add("invoices of another item I50.pdf", b"4")
    add("提单 I4.pdf", b"5")
    remarks.add_note(SYSTEM, customer(), text="promised to pay on Friday")
    seen = states(found())
    assert seen["invoices"] == ("partly", 2, 5)
    assert seen["delivery_proof"] == ("partly", 1, 5)
    assert seen["correspondence"] == ("there", 1, 1)
    assert seen["contract"] == ("missing", 0, 1)
    assert seen["notice_copy"] == ("there", 1, 1)
    assert seen["hand_over"] == ("missing", 0, 1)
    assert seen["discretionary_evidence"][0] == "not_needed"
    assert "political_evidence" not in seen
    assert "political_evidence" in states(found(loss=Key("C1", "P-2025", LOSS, "political")))


def test_what_came_after_the_day_of_the_file_is_no_part_of_it():
    claim = {"customer_code": "C1", "policy": "P-2025", "date_of_loss": "2025-09-15", "cause": "insolvency"}
    money = {"currency": "USD"}
    paid = {"paid_on": "2025-12-10", "indemnity": "200000"} | money
    came_in = {"received_on": "2025-12-11", "received_by": "us", "amount": "1", "costs": "0"} | money
    rows = {"claims": [claim | paid], "claim_recoveries": [claim | came_in]}
    commit_rows(SYSTEM, rows, verb="ledger.import", origin="x")
    assert [(each["payments"], each["recoveries"]) for each in (found(),)] == [([], [])]
    later = found(on=day("2025-12-10"))
    assert ([row["paid_on"] for row in later["payments"]], later["recoveries"]) == (["2025-12-10"], [])
    whole = from_files()
    disputes = whole.book.ledger.disputes.with_columns(closed_on=pl.lit(day("2025-11-01")))
    closed = whole.only(replace(whole.book.ledger, disputes=disputes))
    ends = [of_files(Book(closed, on), closed, CLAIM, policies=shipped())["disputes"][0]["closed_on"]
            for on in (ON, day("2025-11-01"))]  # fmt: skip
    assert ends == [None, "2025-11-01"]


def test_a_document_asked_for_twice_is_listed_once():
    whole = from_files()
    asked = yaml.safe_load((EXAMPLE / "policies/p-2025.yaml").read_text("utf-8"))
    asked["terms"]["claim_documents"] = {"always": ["invoices", "contract"], "insolvency": ["invoices"]}
    (wording,) = load_wordings([("p.yaml", yaml.safe_dump(asked, sort_keys=False))])
    twice = replace(whole, wordings=(wording,))
    listed = of_files(Book(twice, ON), twice, CLAIM, policies=shipped())["checklist"]
    assert [row["code"] for row in listed] == ["invoices", "contract"]


def test_a_zip_holds_everything_under_the_hash_its_manifest_says():
    add("invoice I1.pdf", b"%PDF one")
    add("the same again.pdf", b"%PDF one")
    add("contract.pdf", b"a contract", "I2")
    name, content = made()
    assert name == "claim-file-C1-P-2025-2025-09-15.zip"
    files = unpacked(content)
    manifest = json.loads(files.pop("manifest.json"))
    assert {each["file"]: (each["sha256"], each["bytes"]) for each in manifest["files"]} == {
        path: (hashlib.sha256(data).hexdigest(), len(data)) for path, data in files.items()
    }
    assert [path for path in files if path.startswith("documents/")] == [
        "documents/001-invoice_I1.pdf", "documents/002-contract.pdf",
    ]  # fmt: skip
    assert files["claim-file.pdf"][:5] == b"%PDF-"
    assert files["claim-file.xlsx"][:2] == b"PK"
    assert json.loads(files["claim-file.json"]) == found()
    rows = list(csv.DictReader(io.StringIO(files["tables/documents.csv"].decode())))
    assert [row["file"] for row in rows] == ["documents/001-invoice_I1.pdf"] * 2 + ["documents/002-contract.pdf"]
    assert {row["sha256"] for row in rows} == {each["sha256"] for each in manifest["files"][-2:]}


@pytest.mark.parametrize("form", claim_file.FORMS)
@pytest.mark.parametrize("language", [EN, ZH], ids=["en", "zh"])
def test_the_same_facts_give_the_same_file_and_what_was_filed_is_known_by_its_hash(form, language):
    add("invoice.pdf", b"one", "I1")
    before = made(form, language)
    kept = claim_files.keep(opened(ON), CLAIM, about=about(SYSTEM), form=form, language=language, key="once")
    assert (kept.name, kept.sha256, kept.bytes) == (before[0], hashlib.sha256(before[1]).hexdigest(), len(before[1]))
    assert remarks.document(SYSTEM, kept.number) == before
    assert made(form, language) == before  # what was filed before is no part of the file
    again = claim_files.keep(opened(ON), CLAIM, about=about(SYSTEM), form=form, language=language, key="once")
    assert again == kept
    remarks.add_note(SYSTEM, customer(), text="after it was filed")
    assert claim_files.keep(opened(ON), CLAIM, about=about(SYSTEM), form=form, language=language, key="once") == kept
    with pytest.raises(IdempotencyMismatch):
        claim_files.keep(opened(LOSS), CLAIM, about=about(SYSTEM), form=form, language=language, key="once")


def test_a_file_that_was_shown_is_kept_as_it_was_shown():
    before = made("pdf")
    remarks.add_note(SYSTEM, customer(), text="written meanwhile")
    kept = claim_files.keep(opened(ON), CLAIM, about=about(SYSTEM), form="pdf", language=EN, shown=before)
    assert remarks.document(SYSTEM, kept.number) == before


def test_tables_are_the_same_in_every_language():
    add("invoice.pdf", b"one", "I1")
    english, chinese = (unpacked(made(language=language)[1]) for language in (EN, ZH))
    tables = [name for name in english if name.startswith("tables/")]
    assert len(tables) > 8
    assert [name for name in tables if english[name] != chinese[name]] == []
    assert english["claim-file.pdf"] != chinese["claim-file.pdf"]


HOSTILE = (
    "../../../etc/passwd", "..\\..\\windows\\system32\\evil.dll", "/etc/shadow", "C:evil.exe", "..", "…", "a" * 300,
    "x\u202efdp.exe", "=cmd|' /C calc'!A0.csv", "CON", "name\nwith\tlines.pdf", "e\u0301.pdf", "\u00e9.pdf", "a.b." + "c" * 150,
)  # fmt: skip


def test_no_name_leaves_the_zip_or_runs_in_a_table():
    for number, name in enumerate(HOSTILE):
        add(name, f"{number}".encode())
    files = unpacked(made()[1])
    documents = [name for name in files if name.startswith("documents/")]
    assert len(documents) == len(HOSTILE)
    for name in documents:
        path = PurePosixPath(name)
        assert len(path.parts) == 2
        assert not path.is_absolute()
        assert path.name[:3].isdigit()
        assert len(path.name) <= 4 + claim_file.NAME_MAX
        assert not set(name) & set('\\:*?"<>|=\u202e\n\t')
    assert len({name.casefold() for name in documents}) == len(documents)
    table = files["tables/documents.csv"].decode()
    assert "\n=cmd" not in table
    assert ",=cmd" not in table


def test_a_file_too_large_or_gone_is_told_and_the_pdf_is_there_all_the_same(monkeypatch):
    number = add("invoice.pdf", b"x" * 100, "I1")
    monkeypatch.setattr(claim_file, "DOCUMENTS_BYTES_MAX", 99)
    with pytest.raises(InputError, match="holds at most"):
        made()
    assert made("pdf")[1][:5] == b"%PDF-"
    monkeypatch.undo()
    monkeypatch.setattr(remarks, "DOCUMENT_BYTES", 1000)
    with pytest.raises(InputError, match="are kept"):
        claim_files.keep(opened(ON), CLAIM, about=about(SYSTEM), form="pdf", language=EN)
    monkeypatch.undo()
    kept_files.place(Document.objects.every_entity().get(pk=number).sha256).unlink()
    with pytest.raises(NotFound, match=r"invoice\.pdf"):
        made()
    with pytest.raises(UsageError, match="no format docx"):
        made("docx")


def test_who_works_elsewhere_finds_nothing_of_it():
    row = {
        "entity": "OTHER", "customer_code": "C1", "kind": "invoice", "number": "QZ-1", "issued_on": "2025-01-01",
        "currency": "USD", "amount": "1",
    }  # fmt: skip
    commit_rows(SYSTEM, {"items": [row]}, verb="ledger.import", origin="x")
    theirs, other = subjects.item_of(SYSTEM, "OTHER", "debit", "QZ-1"), subjects.item_of(SYSTEM, "main", "debit", "I1")
    remarks.add_document(SYSTEM, theirs, name="QZ invoice.pdf", content=b"QZ")
    remarks.add_note(SYSTEM, theirs, text="QZ note")
    remarks.add_document(SYSTEM, other, name="own invoice.pdf", content=b"own")
    narrow = Actor.of("narrow", ["insurance_manager"], frozenset({"main"}))
    seen = json.dumps(found(actor=narrow), ensure_ascii=False)
    assert "QZ" not in seen
    assert "own invoice.pdf" in seen
    assert "QZ-1" in json.dumps(found())
    elsewhere = Actor.of("elsewhere", ["insurance_manager"], frozenset({"NOWHERE"}))
    with pytest.raises(NotFound):
        found(actor=elsewhere)
    viewer = Actor.of("viewer", ["viewer"])
    with pytest.raises(NotPermitted):
        claim_files.keep(opened(ON, viewer), CLAIM, about=about(viewer), form="pdf", language=EN)


def test_bad_questions_say_what_is_wrong():
    with pytest.raises(UsageError, match="before the loss"):
        found(on=day("2025-09-14"))
    with pytest.raises(UnknownCode, match="P-1999"):
        found(loss=Key("C1", "P-1999", LOSS, "insolvency"))
    with pytest.raises(UsageError, match="no cause of a loss"):
        found(loss=Key("C1", "P-2025", LOSS, "weather"))
    with pytest.raises(NotFound, match="C9"):
        found(loss=Key("C9", "P-2025", LOSS, "insolvency"))
