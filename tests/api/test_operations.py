"""The API answers what the engine has, in pages, to who may, and refuses as problem documents."""

import re
from decimal import Decimal

import polars as pl
import pytest
from django.test import Client
from stocked import ON

from seawall.engine.kernel.errors import NotPermitted
from seawall.store.models import User

DAY = ON.isoformat()
PATHS = ("/meta", "/ageing", "/customers", "/provision", "/runs")


def walked(get, path, **query):
    """All rows of a list, page after page."""
    rows, after = [], ""
    while True:
        status, body = get(path, after=after, **query)
        assert status == 200, body
        rows += body["rows"]
        if body["next"] is None:
            return rows
        after = body["next"]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_without_a_token(store, path):
    for headers in ({}, {"authorization": "Bearer seawall_wrong"}, {"authorization": "Basic Ym9zczpib3Nz"}):
        response = Client(headers=headers).get(f"/api/v1{path}")
        assert response.status_code == 401
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "not_signed_in"


def test_who_has_no_role_is_refused_and_makes_no_token(store, token_of):
    client = Client()
    client.force_login(User.objects.get(username="nobody"))
    response = client.get("/api/v1/meta")
    assert (response.status_code, response.json()["code"]) == (403, "not_permitted")
    with pytest.raises(NotPermitted):
        token_of("nobody")


def test_the_session_of_a_reader_is_enough(store):
    client = Client()
    client.force_login(User.objects.get(username="reader"))
    assert client.get("/api/v1/meta").json()["organisation"].startswith("Valves")


def test_pages_together_are_the_whole_and_sum_to_the_total(caller):
    get = caller("boss")
    rows = walked(get, "/ageing", as_of=DAY, limit=7)
    _, body = get("/ageing", as_of=DAY, limit=500)
    assert [row["key"] for row in rows] == [row["key"] for row in body["rows"]]
    assert len({row["key"] for row in rows}) == len(rows) > 7
    for name in ("open", "overdue", "unapplied", "disputed"):
        assert sum(Decimal(row[name]) for row in rows) == Decimal(body["total"][name])
    assert sum(map(Decimal, body["total"]["by_bucket"].values())) == Decimal(body["total"]["open"])


@pytest.mark.parametrize("by", ["customer", "group", "entity", "sector", "currency"])
def test_every_grouping_has_the_same_total(caller, by):
    get = caller("boss")
    assert get("/ageing", as_of=DAY, group_by=by)[1]["total"]["open"] == get("/ageing", as_of=DAY)[1]["total"]["open"]


def test_amounts_are_decimal_texts(caller):
    _, body = caller("boss")("/customers", as_of=DAY)
    assert body["rows"]
    assert all(re.fullmatch(r"-?\d+\.\d\d", row[name]) for row in body["rows"] for name in ("open", "overdue", "ecl"))


def test_a_customer_s_items_add_up_and_name_their_rows(caller, store):
    get = caller("boss")
    row = max(walked(get, "/customers", as_of=DAY), key=lambda row: Decimal(row["open"]))
    _, body = get(f"/customers/{row['customer_code']}", as_of=DAY)
    assert body["open"] == row["open"]
    if {item["currency"] for item in body["items"]} == {"CNY"}:
        debits = sum(Decimal(item["left"]) for item in body["items"] if item["dpd_days"] is not None)
        assert debits == Decimal(row["open"])
    assert all(item["source_file"] == "items.csv" and item["source_row"] > 0 for item in body["items"])


def test_provision_is_the_sum_of_its_rows(caller):
    _, body = caller("boss")("/provision", as_of=DAY)
    assert sum(Decimal(row["ecl"]) for row in body["rows"]) == Decimal(body["ecl"]) > 0


def test_search_and_unknown_customer(caller, store):
    get = caller("boss")
    code = store.customers["customer_code"][5]
    assert code in [row["customer_code"] for row in walked(get, "/customers", as_of=DAY, search=code)]
    assert get("/customers/no-such", as_of=DAY)[0] == 404


@pytest.mark.parametrize("entity", ["NONE", "\x00", "C\x00N"])
def test_an_entity_that_does_not_exist_is_not_found(caller, entity):
    get = caller("boss")
    assert get("/ageing", as_of=DAY, entity=entity)[0] == 404


@pytest.mark.parametrize("text", [r"\u0000", r"a\ud800", r"\udfffz"])
@pytest.mark.parametrize("body", ['{"page": "items", "name": "%s"}', '{"%s": 1}', '[[{"a": ["%s"]}]]'])
def test_a_text_that_cannot_be_kept_is_refused_wherever_it_stands_in_a_body(store, token_of, text, body):
    client = Client(headers={"authorization": f"Bearer {token_of('boss')}"})
    answer = client.post("/api/v1/views", body % text, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "cannot be kept" in answer.json()["detail"]


def test_a_body_that_is_no_json_is_refused(store, token_of):
    client = Client(headers={"authorization": f"Bearer {token_of('boss')}"})
    answer = client.post("/api/v1/views", "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "refused")


def test_another_entity_is_not_found(caller, store):
    get = caller("narrow")
    entities = sorted(store.accounts["entity"].unique())
    assert get("/meta")[1]["entities"] == entities[:1]
    assert get("/ageing", as_of=DAY, entity=entities[1])[0] == 404
    foreign = store.accounts.join(store.customers, on="customer_id").group_by("customer_code").agg(pl.col("entity"))
    codes = {row["customer_code"] for row in foreign.iter_rows(named=True) if entities[0] not in row["entity"]}
    assert codes
    assert not codes & {row["customer_code"] for row in walked(get, "/customers", as_of=DAY)}
    assert get(f"/customers/{min(codes)}", as_of=DAY)[0] == 404


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"as_of": "soon"}, 422, "invalid"),
        ({"as_of": "0001-01-01"}, 422, "invalid"),
        ({"limit": "0"}, 422, "invalid"),
        ({"group_by": "colour"}, 422, "invalid"),
        ({"currency": "XXY"}, 422, "unknown_code"),
        ({"scheme": "60/30"}, 400, "usage"),
        ({"after": "%%%"}, 422, "bad_input"),
        ({"known": "999999"}, 422, "not_known"),
        ({"as_of": "1960-01-01", "currency": "USD"}, 422, "policy_gap"),
    ],
)
def test_refusals_are_problem_documents(caller, query, status, code):
    got, body = caller("boss")("/ageing", **({"as_of": DAY} | query))
    assert (got, body["code"], body["status"]) == (status, code, status), body
    assert body["detail"]


def test_a_run_is_listed_and_shown(caller):
    from seawall.services import runs
    from seawall.services.access import Actor

    done = runs.run(Actor.system(), on=ON, currency="CNY")
    get = caller("reader")
    assert [row["run_id"] for row in walked(get, "/runs", limit=1)] == [str(done.run_id)]
    status, body = get(f"/runs/{done.run_id}")
    assert (status, body["result_digest"]) == (200, done.result_digest)
    assert body["manifest"]
    assert get("/runs/00000000-0000-0000-0000-000000000000")[0] == 404
    assert caller("narrow")("/runs")[1]["rows"] == []


def test_a_run_that_is_done_does_not_go_on_and_a_stopped_one_does_as_a_job(store, token_of):
    from seawall.services import runs
    from seawall.services.access import Actor

    def stop(done, _total):
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        runs.run(Actor.system(), on=ON.replace(day=29), currency="CNY", progress=stop)
    stopped = runs.listed(Actor.system())[0].run_id
    client = Client(headers={"authorization": f"Bearer {token_of('boss')}", "idempotency-key": "on-1"})
    first, again = (client.post(f"/api/v1/runs/{stopped}/resume") for _ in range(2))
    assert (first.status_code, again.json()["job_id"]) == (202, first.json()["job_id"])
    assert first.json()["arguments"]["run_id"] == str(stopped)
    runs.resume(Actor.system(), run_id=stopped)
    refused = client.post(f"/api/v1/runs/{stopped}/resume")
    assert (refused.status_code, refused.json()["code"]) == (422, "run_state")


def test_statuses_are_those_of_the_pages():
    from seawall.api.v1 import problems
    from seawall.web import errors

    assert problems.STATUS == errors.STATUS
