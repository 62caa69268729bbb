"""Cover and claims of ledger files: what only files can hold, such as one number in two entities."""

import datetime as dt

import pytest
from ledger_text import loaded

from seawall.engine.kernel.errors import NotFound, UsageError
from seawall.exchange import report_cover
from seawall.exchange.language import Language
from seawall.exchange.report import rendered
from seawall.policies.insurance import load_wordings
from seawall.services.files import RowsRejected
from seawall.services.insurance import (
    claim_document,
    cover_document,
    deadlines_document,
    insurance,
    leaks_document,
)

POLICY = """
policy: P
form: whole_turnover
period: {from: 2026-01-01, to: 2026-12-31}
currency: CNY
terms:
  causes: [insolvency]
  vat: out
  max_payment_term: {days: 90}
  receipt_allocation: as_booked
  disputed: suspended
  mep: {days: 60}
  stop_of_cover: none
  insured_rate: 0.9
  limit_needed: false
  loss_operators: [insured_rate]
"""
ITEMS = (
    "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"
    "E1,TA,invoice,N1,2026-01-10,2026-02-09,CNY,1000\n"
    "E2,TA,invoice,N1,2026-01-10,2026-02-09,CNY,2000\n"
    "E2,TA,invoice,N2,2026-01-10,2026-02-09,CNY,4000\n"
)
DISPUTES = "entity,number,opened_on,amount\nE1,N1,2026-02-01,1000\nE2,N1,2026-02-01,2000\nE2,N2,2026-02-01,4000\n"


def asked(folder, **tables):
    files = loaded(folder, items=ITEMS, disputes=DISPUTES, **tables)
    return insurance(files.ledger, load_wordings([("p.yaml", POLICY)]), files.insured, [], 0)


def won(folder, *numbers):
    document = claim_document(
        asked(folder), customers=["TA"], cause="insolvency", lost_on=dt.date(2026, 4, 1), won=numbers
    )
    return document["supplementary"]["indemnity"]


def test_a_dispute_won_is_that_of_one_item_not_of_every_item_of_its_number(tmp_path):
    events = "entity,customer_code,policy,item_number,event,on,detail\nE1,TA,P,N1,arbitration_result,2026-03-15,won\n"
    document = cover_document(asked(tmp_path, insurance_events=events), on=dt.date(2026, 4, 1))
    found = {(row["entity"], row["number"]): row["covered"] for row in document["items"]}
    assert found == {("E1", "N1"): "1000.00", ("E2", "N1"): "0.00", ("E2", "N2"): "0.00"}


def test_a_number_of_two_entities_is_asked_for_with_its_entity(tmp_path):
    assert won(tmp_path / "a", "N2") == "3600.00"
    assert won(tmp_path / "b", "E2/N1") == "1800.00"
    assert won(tmp_path / "c", "E1/N1", "N2") == "4500.00"
    with pytest.raises(UsageError, match="More than one item of the customer has the number N1") as error:
        won(tmp_path / "d", "N1")
    assert "E1/N1, E2/N1" in error.value.hint.format(**error.value.params)
    with pytest.raises(NotFound):
        won(tmp_path / "e", "E3/N1")


def test_without_a_customers_file_those_insurers_decided_on_are_customers_too(tmp_path):
    limits = "customer_code,policy,kind,amount,currency,decided_on\nOLD,P,approved,5000,CNY,2026-01-01\n"
    claims = "customer_code,policy,date_of_loss,cause,currency,indemnity\nGONE,P,2026-02-01,insolvency,CNY,700\n"
    book = asked(tmp_path / "a", insured_limits=limits, claims=claims)
    assert book.facts.claims["customer_code"].to_list() == ["GONE"]
    assert set(book.book.ledger.customers["customer_code"]) == {"TA", "OLD", "GONE"}
    with pytest.raises(RowsRejected):
        asked(tmp_path / "b", insured_limits=limits, customers="customer_code,name\nTA,Known\n")


def test_csv_holds_codes_and_is_the_same_in_every_language(tmp_path):
    book = asked(tmp_path)
    on = dt.date(2026, 4, 1)
    documents = [
        (cover_document(book, on=on), report_cover.cover, "disputed"),
        (deadlines_document(book, on=on), report_cover.deadlines, "mep_end"),
        (claim_document(book, customers=["TA"], cause="insolvency", lost_on=on), report_cover.claim, "gross"),
        (leaks_document(book, on=on), report_cover.leaks, "settle_dispute"),
    ]
    for document, layout, code in documents:
        english, chinese = (rendered(document, layout, "csv", Language(each)) for each in ("en", "zh"))
        assert english == chinese
        assert code in english.decode().replace("\n", ",").split(",")


def test_the_lines_of_a_claim_are_called_a_calculation_in_chinese(tmp_path):
    document = claim_document(asked(tmp_path), customers=["TA"], cause="insolvency", lost_on=dt.date(2026, 4, 1))
    said = rendered(document, report_cover.claim, "table", Language("zh"))
    assert "计算步骤" in said
    assert "步长" not in said
