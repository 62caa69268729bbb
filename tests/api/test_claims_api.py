"""Claims under way over the API: begun, led from step to step, refused in words; the shapes of the manual."""

import pytest
from api import test_cover_api
from api.test_cover_api import DAY
from django.test import Client

from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.trace import from_json, reworked

covered = test_cover_api.covered


@pytest.fixture
def poster(token_of):
    """``poster("boss")(path, body)`` gives the response's status and its body."""

    def of(username):
        client = Client(headers={"authorization": f"Bearer {token_of(username)}"})

        def post(path, body):
            response = client.post(f"/api/v1{path}", body, content_type="application/json")
            return response.status_code, response.json()

        return post

    return of


CASE = {"policy": "COVER", "date_of_loss": "2026-03-31", "cause": "insolvency"}


def test_a_claim_goes_its_way_and_is_taken_once(covered, caller, poster):
    ask, named, post = caller("boss"), CASE | {"customer": covered}, poster("boss")

    def step(name, on="2026-04-01", **said):
        return post(f"/claims/cases/steps/{name}", named | {"on": on, "says": said})

    assert step("filed", reference="CL-9")[0] == 422
    status, first = step("opened", reference="N-1")
    assert status == 200
    assert first["batch_no"] is not None
    assert step("opened", reference="N-1") == (200, {"batch_no": None})
    assert step("opened", on="2026-04-02")[0] == 422
    assert step("filed", reference="CL-9")[0] == 200
    assert step("decided", decision="perhaps")[0] == 422
    assert step("decided", on="2026-04-10", decision="accepted", amount="1000")[0] == 200
    status, one = ask("/claims/cases/one", as_of="2026-04-30", **named)
    assert (status, one["state"], one["next_step"]) == (200, "decided", "paid")
    assert [row["move"] for row in one["records"]] == ["opened", "filed", "decided"]
    assert one["money"]["decided"] == "1000.00"
    _, every = ask("/claims/cases", as_of="2026-04-30", customer=covered)
    assert [row["state"] for row in every["cases"]] == ["decided"]
    assert ask("/claims/cases/one", as_of=DAY, **(named | {"date_of_loss": "2026-03-30"}))[0] == 404


def test_a_claim_explains_itself_and_works_out_again(covered, caller, poster):
    ask, loss = caller("reader"), {"customer": covered, "policy": "COVER", "date_of_loss": DAY}
    _, whole = ask("/claims/simulate", as_of=DAY, **loss)
    status, trace = ask("/claims/explain", as_of=DAY, **loss)
    assert status == 200, trace
    assert amount_text(trace["value"], trace["currency"]) == whole["indemnity"]
    assert reworked(from_json(trace)) == trace["value"] > 0
    case = loss | {"date_of_loss": "2026-03-28", "cause": "insolvency"}
    poster("boss")("/claims/cases/steps/opened", case | {"on": "2026-04-01"})
    _, one = ask("/claims/cases/one", as_of="2026-04-30", **case)
    status, trace = ask("/claims/cases/one/explain", as_of="2026-04-30", **case)
    assert status == 200, trace
    assert amount_text(trace["value"], trace["currency"]) == one["money"]["expected"]
    assert reworked(from_json(trace)) == trace["value"]
    assert ask("/claims/explain", as_of=DAY, **(loss | {"customer": "NOBODY"}))[0] == 404
    assert ask("/claims/cases/one/explain", as_of=DAY, **(case | {"date_of_loss": "2026-03-30"}))[0] == 404


def test_who_only_reads_takes_no_step(covered, caller, poster):
    said = CASE | {"customer": covered, "on": "2026-04-01"}
    assert poster("reader")("/claims/cases/steps/opened", said)[0] == 403
