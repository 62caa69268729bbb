"""The worked tables of the pages on cover, deadlines and claims are what the engine computes."""

import datetime as dt
from dataclasses import replace

import pytest
import yaml
from engine.test_algorithm_pages import worked
from insurance_book import HERE as CASES
from insurance_book import insurance_of

from seawall.engine.protection.claim_facts import Key
from seawall.engine.protection.cover_map import FINDINGS, Sizing, misfit
from seawall.policies.insurance import with_settings
from seawall.services.claim_documents import case_document
from seawall.services.insurance import claim_document, cover_document, deadlines_document

TERMS = {
    "causes": ["insolvency", "protracted_default"], "vat": "out", "max_payment_term": "none",
    "receipt_allocation": "oldest_due", "disputed": "suspended", "mep": {"days": 60}, "stop_of_cover": ["mep_end"],
    "insured_rate": 0.9, "loss_operators": ["insured_rate"],
}  # fmt: skip


def policy(**more):
    period = {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)}
    return {"policy": "P", "form": "whole_turnover", "period": period, "currency": "USD", "terms": {**TERMS, **more}}


def test_cover():
    (rows,) = worked("cover")
    items = {row["item"]: {"amount": int(row["amount"]), "issued": row["shipped"], "due": "2025-04-30"} for row in rows}
    case = {
        "policy": policy(),
        "items": {**items, "R": {"kind": "receipt", "amount": 130000, "issued": "2025-03-01"}},
        "limits": [
            {"kind": "approved", "amount": 150000, "decided_on": dt.date(2025, 1, 1)},
            {"kind": "reduced", "amount": 40000, "decided_on": dt.date(2025, 2, 15)},
        ],
    }
    for column in ("covered on 2025-02-25", "covered on 2025-03-05"):
        day = dt.date.fromisoformat(column[-10:])
        found = {row["number"]: row for row in cover_document(insurance_of(case), on=day)["items"]}
        for row in rows:
            covered = found[row["item"]]["covered"] if row["item"] in found else "0.00"
            assert covered == f"{row[column]}.00"


def test_cover_map():
    (rows,) = worked("cover-map")
    for row in rows:
        amounts = (int(row[name]) * 100 for name in ("limit", "need", "above the limit today"))
        why = misfit(*amounts, Sizing(12, 2))
        assert (FINDINGS.get(why, "–"), why or "–") == (row["limit is"], row["because"])


@pytest.mark.parametrize("start", ["due", "mep_end", "overdue_notice"])
def test_deadlines(start):
    (rows,) = worked("deadlines")
    case = {
        "policy": policy(
            limit_needed=False,
            overdue_notice={"from": "mep_end", "within": {"days": 30}, "missed": "lost"},
            hand_over={"from": "mep_end", "within": {"days": 30}, "missed": "lost"},
            waiting_period={"protracted_default": {"from": start, "length": {"months": 6}}},
        ),
        "items": {"I1": {"amount": 1000, "issued": "2025-01-10", "due": "2025-03-11"}},
    }
    said = {
        row["kind"]: row["on"] for row in deadlines_document(insurance_of(case), on=dt.date(2025, 3, 20))["deadlines"]
    }
    for row in rows:
        if row["kind"] != "waiting_period_end" or row["runs from"] == start:
            assert said[row["kind"]] == row["on"]


def test_claims_under_way():
    (rows,) = worked("claim-case")
    book = yaml.safe_load((CASES / "claim_case/whole_claim.yaml").read_text("utf-8"))[0]
    key = Key("C1", "P", dt.date(2025, 9, 15), "insolvency")
    said = case_document(insurance_of(book), key, on=dt.date(2026, 4, 2))["recoveries"]
    found = [{"received": row["received_on"]} | {name: row[name] for name in ("insurer", "insured")} for row in said]
    assert found == [{name: row[name] for name in ("received", "insurer", "insured")} for row in rows]


def test_claims():
    (rows,) = worked("claim")
    case = {
        "policy": policy(
            limit_needed=False, threshold_amount=1000, each_and_every_amount=5000, aggregate_first_loss=20000,
            annual_maximum=1200000,
            loss_operators=["threshold", "insured_rate", "each_and_every", "aggregate_first_loss", "annual_maximum"],
        ),
        "items": {"I1": {"amount": 255000, "issued": "2025-01-10", "due": "2025-03-11"}},
        "claims": [{"customer_code": "X", "date_of_loss": dt.date(2025, 1, 15), "aggregate_first_loss_used": 12000}],
    }  # fmt: skip
    insurance = insurance_of(case)
    for row in rows:
        asked = replace(insurance, wordings=with_settings(insurance.wordings, [f"loss_operators=[{row['order']}]"]))
        document = claim_document(asked, customers=["C1"], cause="insolvency", lost_on=dt.date(2025, 4, 1))
        assert document["indemnity"] == f"{row['indemnity']}.00"
