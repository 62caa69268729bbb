"""Programs look whether the record holds, and switch single-user mode."""

import pytest
from django.test import Client

from seawall.services import access, audit, single_user
from seawall.services.access import Actor
from seawall.store.models import AuditEntry

SWITCH = {"is_on": True, "reason": "there is nobody else"}


def test_the_record_is_verified_a_stretch_at_a_time(store, caller):
    get, after, answers = caller("boss"), 0, []
    while after is not None:
        status, body = get("/audit/verify", after=after, limit=5)
        assert (status, body["holds"], body["faults"]) == (200, True, [])
        answers.append(body)
        after = body["next"]
    head = audit.verify(Actor.system()).head
    assert len(answers) == -(-head.batch_no // 5) > 1
    assert answers[-1]["head"] == {"batch_no": head.batch_no, "digest": head.digest}


def test_a_head_kept_outside_shows_a_record_that_was_written_anew(store, caller):
    get, head = caller("boss"), audit.verify(Actor.system()).head
    assert get("/audit/verify", anchor=f"{head.batch_no}:{head.digest}")[1]["holds"]
    _, body = get("/audit/verify", anchor=f"{head.batch_no}:{'0' * 64}")
    assert (body["holds"], body["faults"][0]["batch_no"]) == (False, head.batch_no)
    assert get("/audit/verify", anchor=f"{head.batch_no + 1}:{head.digest}")[1]["holds"] is False
    assert get("/audit/verify", after=10**12)[1]["holds"]


@pytest.mark.parametrize(
    ("username", "query", "refused"),
    [
        ("reader", {}, (403, "not_permitted")),
        ("boss", {"anchor": "what"}, (422, "bad_input")),
        ("boss", {"limit": 0}, (422, "invalid")),
        ("boss", {"after": -1}, (422, "invalid")),
    ],
)
def test_who_may_not_and_what_is_no_head_is_refused(caller, username, query, refused):
    answer = caller(username)("/audit/verify", **query)
    assert (answer[0], answer[1]["code"]) == refused


@pytest.fixture
def put(token_of):
    def sent(username, body, key=""):
        client = Client(headers={"authorization": f"Bearer {token_of(username)}", "idempotency-key": key})
        answer = client.put("/api/v1/single-user", body, content_type="application/json")
        return answer.status_code, answer.json()

    return sent


@pytest.mark.django_db
def test_single_user_mode_is_switched_once_under_a_key_and_told(store, put, caller, monkeypatch):
    monkeypatch.setattr(single_user, "approvers", lambda: 1)
    written = AuditEntry.objects.filter(verb=access.ORGANISATION).count
    before = written()
    status, on = put("boss", SWITCH, key="alone")
    assert (status, on["is_on"], on["reason"]) == (200, True, SWITCH["reason"]), on
    assert put("boss", SWITCH, key="alone") == (200, on)
    assert put("boss", SWITCH | {"reason": "other"}, key="alone")[1]["code"] == "idempotency_mismatch"
    assert caller("reader")("/single-user") == (200, on)
    assert put("boss", {"is_on": False, "reason": "bob joins"})[1]["is_on"] is False
    told = caller("reader")("/single-user")[1]
    assert [change["is_on"] for change in told["history"]] == [False, True]
    assert written() == before + 2


@pytest.mark.django_db
def test_single_user_mode_is_refused_where_two_may_approve_and_to_who_may_not(put, monkeypatch):
    monkeypatch.setattr(single_user, "approvers", lambda: 2)
    assert put("boss", SWITCH)[0] == 422
    assert put("reader", SWITCH)[0] == 403
    assert put("boss", {"is_on": True, "reason": ""})[0] == 422
