"""Premium over the API, in the shapes of the manual."""

import json

import pytest
from django.test import Client
from stocked import ON, person

from seawall.services import approvals, jobs, jobs_work, wordings
from seawall.services.access import Grant, actor_of

DAY = ON.isoformat()
BODY = (
    wordings.template("sinosure-style")
    .replace("policy: SINOSURE-STYLE", "policy: PREMIUM")
    .replace("2025-12-31}", "2026-12-31}")
)


@pytest.fixture(scope="module")
def insured(store, django_db_blocker):
    with django_db_blocker.unblock():
        author, second = (
            actor_of(person(f"premium-{role}", Grant(role))) for role in ("insurance_manager", "credit_manager")
        )
        asked = wordings.propose(author, BODY, reason="as signed")
        approvals.approve(second, asked.number, digest=asked.digest, on=ON)


def test_what_is_due_and_what_is_to_be_declared(insured, caller):
    ask = caller("reader")
    status, due = ask("/premium/due", as_of=DAY, policy="PREMIUM")
    assert (status, due["as_of"]) == (200, DAY)
    (one,) = due["policies"]
    assert {"rates", "steps", "premium", "due", "forecast", "instalments", "fees", "indemnity"} <= set(one)
    status, told = ask("/premium/declaration", as_of=DAY, policy="PREMIUM", month="2026-02", documents="true")
    assert (status, [row["month"] for row in told["policies"][0]["months"]]) == (200, ["2026-02"])
    assert {"number", "declared", "reason", "vat"} <= set(told["policies"][0]["documents"][0])
    assert ask("/premium/due", as_of=DAY, policy="NONE")[0] in {404, 422}
    assert ask("/premium/declaration", as_of=DAY, month="soon")[0] == 422


def test_an_invoice_is_held_against_the_policy(insured, token_of):
    def ask(invoice):
        answer = Client(headers={"authorization": f"Bearer {token_of('boss')}"}).post(
            f"/api/v1/premium/audit?as_of={DAY}&policy=PREMIUM", json.dumps({"invoice": invoice}),
            content_type="application/json",
        )  # fmt: skip
        return answer.status_code, answer.json()

    status, found = ask("step,amount\nhandling,5\n")
    assert (status, found["agrees"]) == (200, False)
    assert {"step": "handling", "because": "strange"}.items() <= found["differences"][-1].items()
    assert ask("x")[0] == 422


def test_the_worker_works_it_out_and_the_job_holds_the_answer(insured, caller, token_of):
    poster = Client(headers={"authorization": f"Bearer {token_of('boss')}", "idempotency-key": "whatif-1"})
    address = f"/api/v1/premium/whatif?as_of={DAY}&policy=PREMIUM&years=1&limits=free&preset=part:2"
    answer = poster.post(address)
    assert answer.status_code == 202
    job_id = answer.json()["job_id"]
    assert poster.post(address).json()["job_id"] == job_id
    assert poster.post(address.replace("part:2", "part:3")).status_code == 409
    assert poster.post(address.replace("part:2", "mood")).status_code in {400, 422}
    assert jobs_work.carry_out(job_id, process="1", kind_of=jobs.kind_of, again=jobs.wake) == "done"
    kept = poster.get(f"/api/v1/jobs/{job_id}").json()["result"]
    direct = caller("boss")("/premium/whatif", as_of=DAY, policy="PREMIUM", years=1, limits="free", preset="part:2")[1]
    assert {name: kept[name] for name in direct} == direct


def test_other_cover_is_compared(insured, caller):
    ask = caller("reader")
    status, found = ask("/premium/whatif", as_of=DAY, policy="PREMIUM", years=1, limits="free", preset="part:2")
    assert (status, [row["name"] for row in found["options"]]) == (200, ["as it is", "part:2"])
    assert ask("/premium/whatif", as_of=DAY, years=9)[0] == 422
    assert ask("/premium/whatif", as_of=DAY, policy="PREMIUM", option="x")[0] in {400, 422}
