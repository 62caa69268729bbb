"""Cover over the API: the shapes of the manual, and figures that are those of the pages."""

import pytest
from django.test import Client
from stocked import ON, SYSTEM, person

from seawall.engine.kernel.money import amount_text
from seawall.services import approvals, insured, wordings
from seawall.services.access import Grant, actor_of

DAY = ON.isoformat()
BODY = (
    wordings.template("sinosure-style")
    .replace("policy: SINOSURE-STYLE", "policy: COVER")
    .replace("2025-12-31}", "2026-12-31}")
)


@pytest.fixture(scope="module")
def covered(store, django_db_blocker):
    with django_db_blocker.unblock():
        author, second = (
            actor_of(person(f"api-{role}", Grant(role))) for role in ("insurance_manager", "credit_manager")
        )
        asked = wordings.propose(author, BODY, reason="as signed")
        approvals.approve(second, asked.number, digest=asked.digest, on=ON)
        account = store.accounts.filter(store.accounts["currency"] == "CNY").row(0, named=True)
        customer = store.customers["customer_code"][account["customer_id"]]
        row = {
            "customer_code": customer,
            "policy": "COVER",
            "kind": "approved",
            "amount": "900000",
            "currency": "USD",
            "decided_on": "2025-01-01",
        }
        insured.record_fact(SYSTEM, "insured_limits", row)
    return customer


def test_an_item_explains_its_cover(covered, caller):
    ask = caller("reader")
    row = next(each for each in ask("/cover", as_of=DAY, customer=covered)[1]["items"] if each["policy"] == "COVER")
    named = {"customer": covered, "item": f"{row['entity']}/{row['number']}", "policy": "COVER"}
    status, trace = ask("/cover/explain", as_of=DAY, **named)
    assert status == 200, trace
    assert amount_text(trace["value"], trace["currency"]) == row["indemnity"]
    assert ask("/cover/explain", as_of=DAY, **(named | {"item": "none"}))[0] == 404
    assert ask("/cover/explain", as_of=DAY, **(named | {"policy": "none"}))[0] == 422


def test_cover_leaks_and_deadlines_have_the_shapes_of_the_manual(covered, caller):
    ask = caller("reader")
    status, said = ask("/cover", as_of=DAY, customer=covered)
    assert (status, said["as_of"]) == (200, DAY)
    assert {
        "customer_code",
        "number",
        "policy",
        "currency",
        "open",
        "eligible",
        "covered",
        "indemnity",
        "reason",
        "clause",
        "cure_by",
    } <= set(said["items"][0])
    assert {row["customer_code"] for row in said["items"]} == {covered}
    _, mapped = ask("/cover/map", as_of=DAY)
    (row,) = [each for each in mapped["rows"] if each["customer_code"] == covered and each["policy"] == "COVER"]
    assert row["limit"] == "900000.00"
    (sized,) = [each for each in mapped["rows"] if each["customer_code"] == covered and each["policy"] == "COVER"]
    assert (sized["finding"], sized["why"]) in {("over", "far_above"), ("idle", "unused")}
    _, grouped = ask("/cover/map", as_of=DAY, by="country")
    assert sum(float(each["limit"] or 0) for each in grouped["rows"] if each["policy"] == "COVER") == 900000
    assert all("indemnity" not in each for each in grouped["rows"])
    assert ask("/cover/map", as_of=DAY, by="mood")[0] == 422
    _, lost = ask("/leaks/lost", as_of=DAY)
    assert lost["months"][-1]["on"] == DAY
    assert len({each["on"] for each in lost["months"]}) == 13
    _, found = ask("/leaks", as_of=DAY)
    assert set(found) == {"as_of", "curable", "lost", "lost_by_reason"}
    _, dates = ask("/deadlines", as_of=DAY, within=30)
    assert set(dates["deadlines"][0]) >= {"kind", "on", "customer_code", "number", "policy", "consequence", "state"}


def test_a_claim_is_simulated_and_refused_in_words(covered, caller):
    ask = caller("reader")
    asked = {"as_of": DAY, "customer": covered, "cause": "insolvency", "date_of_loss": DAY}
    status, said = ask("/claims/simulate", **asked)
    assert (status, said["customer_code"], said["policy"]) == (200, covered, "COVER")
    assert said["steps"][0]["name"] == "gross"
    assert set(said["balances"]) == {"aggregate_first_loss_left", "annual_maximum_left"}
    assert ask("/claims/simulate", **(asked | {"cause": "weather"}))[0] == 422
    assert ask("/claims/simulate", **(asked | {"customer": "NOBODY"}))[0] == 404
    _, shared = ask("/claims/simulate", **asked, recovered="46000", costs="4000")
    assert set(shared["recovery"]) == {"amount", "costs", "insured_debt", "insurer", "insured"}


def test_several_customers_fail_one_after_the_other_or_all_of_them_and_terms_may_be_otherwise(covered, caller):
    ask = caller("reader")
    asked = {"as_of": DAY, "date_of_loss": DAY}
    _, whole = ask("/claims/simulate", **asked, all="true")
    rows = [whole, *whole["further"]]
    other = next(row["customer_code"] for row in rows if row["customer_code"] != covered)
    status, said = ask("/claims/simulate", **asked, customer=[covered, other])
    assert (status, said["customer_code"]) == (200, covered)
    assert [row["customer_code"] for row in said["further"]] == [other]
    (together,) = whole["together"]
    assert together["claims"] == len(rows) > 2
    assert round(sum(float(row["indemnity"]) for row in rows), 2) == float(together["indemnity"])
    assert [float(row["gross"]) for row in rows] == sorted((float(row["gross"]) for row in rows), reverse=True)
    _, by_code = ask("/claims/simulate", **asked, all="true", order="code")
    codes = [row["customer_code"] for row in (by_code, *by_code["further"])]
    assert codes == sorted(codes)
    _, plain = ask("/claims/simulate", **asked, customer=covered)
    _, less = ask("/claims/simulate", **asked, customer=covered, set="insured_rate.rate=0.5")
    assert float(less["indemnity"]) < float(plain["indemnity"])
    assert (
        "supplementary"
        in ask("/claims/simulate", **asked, customer=covered, dispute_won=plain["items"][0]["number"])[1]
    )
    for wrong, code in (({}, 400), ({"all": "true", "customer": covered}, 400), ({"customer": covered, "set": "mood"}, 400),
                        ({"customer": covered, "set": "mep.mood=30"}, 422), ({"all": "true", "order": "mood"}, 422),
                        ({"customer": covered, "dispute_won": "NO-SUCH"}, 404)):  # fmt: skip
        assert ask("/claims/simulate", **asked, **wrong)[0] == code, wrong


def test_a_claim_file_is_given_as_bytes_and_kept_once_under_its_key(covered, token_of):
    asked = {"as_of": DAY, "customer": covered, "policy": "COVER", "cause": "insolvency", "date_of_loss": DAY}
    person("keeper", Grant("insurance_manager"))
    reader, keeper = (Client(headers={"authorization": f"Bearer {token_of(name)}"}) for name in ("reader", "keeper"))
    pdf = reader.get("/api/v1/claims/file", asked)
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert b"".join(pdf.streaming_content)[:5] == b"%PDF-"
    packed = reader.get("/api/v1/claims/file", asked | {"format": "zip", "language": "zh"})
    assert b"".join(packed.streaming_content)[:2] == b"PK"
    assert 'filename="claim-file-' in packed["Content-Disposition"]
    for wrong, status in (
        ({"customer": "NOBODY"}, 404),
        ({"date_of_loss": "2026-04-01"}, 400),
        ({"format": "docx"}, 422),
    ):
        assert reader.get("/api/v1/claims/file", asked | wrong).status_code == status
    with_key = {"content_type": "application/json", "headers": {"Idempotency-Key": "filed"}}
    assert reader.post("/api/v1/claims/file", asked, **with_key).status_code == 403
    first, again = (keeper.post("/api/v1/claims/file", asked, **with_key).json() for _ in range(2))
    assert first == again
    assert len(first["sha256"]) == 64


def test_the_journal_of_claims_is_balanced_and_says_what_waits(covered, caller):
    claim = {"customer_code": covered, "policy": "COVER", "date_of_loss": "2026-01-15", "cause": "insolvency"}
    insured.record_fact(SYSTEM, "claims", claim | {"paid_on": "2026-02-01", "indemnity": "5000", "currency": "USD"})
    status, said = caller("reader")("/claims/journal", as_of=DAY, from_on="2026-01-01", until_on=DAY)
    assert status == 200
    assert [(line["account"], line["debit"], line["credit"]) for line in said["lines"]] == [
        ("bank", "5000.00", "0.00"), ("indemnity_income", "0.00", "5000.00"),
    ]  # fmt: skip
    assert (said["totals"], said["next"]) == ([{"currency": "USD", "debit": "5000.00", "credit": "5000.00"}], None)
    assert caller("reader")("/claims/journal", from_on=DAY, until_on="2026-01-01")[0] == 422
