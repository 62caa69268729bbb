"""Experimental adapters against servers made from what is stated of each insurer: paths, tokens, codes, layers, refusals.

These servers say what public statements say and no more; nobody tried the adapters under a contract.
"""

import base64
import datetime as dt
import json
import ssl

import pytest
from outside_servers import Web

from seawall.exchange.insurers import adapters
from seawall.exchange.insurers.adapters import Wire
from seawall.exchange.insurers.line import Keeper
from seawall.exchange.insurers.messages import ChangeCover, FindCompany, Notify, Part, ReportAdverse, RequestCover
from seawall.exchange.insurers.port import Again, AnswerMalformed, CannotSay, InsurerRefuses
from seawall.exchange.net import Outside

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
COVER = {
    "coverId": "K1", "companyId": "1234567", "coverStatus": "PARTIALLY_APPROVED", "lastUpdateDate": "2026-03-02T10:00:00Z",
    "creditLimitDetails": {"requestedAmount": "100000.00", "approvedAmount": 60000, "currencyCode": "EUR"},
    "expiryDate": "2027-03-01",
}  # fmt: skip
LAYERED = {
    "coverId": "A1", "buyerId": "B1", "coverStatus": "DECISION", "decisionDate": "2026-03-02", "creditLimitAmount": 100000,
    "policyCurrencyCode": "EUR", "totalDecision": {"decisionAmtInPolicyCurrency": 90000},
    "firstAmtDecision": {"decisionAmtInPolicyCurrency": 60000, "decisionExpiryDate": "2027-03-01", "decisionConditions": []},
    "secondAmtDecision": {
        "decisionAmtInPolicyCurrency": 30000, "decisionExpiryDate": "2026-06-01",
        "decisionConditions": [{"conditionDescription": "retention of title"}],
    },
}  # fmt: skip


def asked(**more):
    said = {"company_ref": "1234567", "policy": "P", "request_type": "2", "amount_minor": 100_000_00, "currency": "EUR"}
    return RequestCover(**(said | more))


def overdue(notice, **more):
    day = dt.date(2026, 1, 1)
    return Notify("1234567", "P", notice, "I-1", day, day, 500_00, "EUR", dt.date(2026, 3, 1), **more)


class Mock:
    """What an insurer is stated to answer; ``answers`` by method and path, and what was asked."""

    def __init__(self, token_path, token, answers):
        self.token_path, self.token, self.answers, self.asked = token_path, token, answers, []

    def __call__(self, method, path, query, headers, body):
        said = json.loads(body) if body else None
        self.asked.append((method, path, query, dict(headers.items()), said))
        if path == self.token_path:
            return 200, json.dumps(self.token).encode()
        status, answer = self.answers.get((method, path), (404, {"message": "no such thing"}))
        return status, json.dumps(answer).encode() if not isinstance(answer, bytes) else answer

    def last(self, path):
        return next(each for each in reversed(self.asked) if each[1] == path)


@pytest.fixture
def served(tmp_path):
    made = []

    def serve(kind, mock, told, secret):
        web = Web(tmp_path, mock)
        web.server.RequestHandlerClass.do_PUT = web.server.RequestHandlerClass.do_POST
        web.server.RequestHandlerClass.do_PATCH = web.server.RequestHandlerClass.do_POST
        web.server.RequestHandlerClass.do_DELETE = web.server.RequestHandlerClass.do_POST
        made.append(web)
        host = web.url.removeprefix("https://")
        outside = Outside(
            frozenset({host}), private=frozenset({host}), redirects_max=0,
            context=ssl.create_default_context(cadata=web.authority),
        )  # fmt: skip
        log = []
        wire = Wire(outside, {"url": web.url, "policy": "P", **told}, secret, NOW, Keeper(), log.append)
        return adapters.known()[kind].opened(wire), log

    yield serve
    for web in made:
        web.close()


@pytest.fixture
def allianz(served):
    mock = Mock("/v1/idp/oauth2/authorize", {"access_token": "t0ken-of-theirs", "token_type": "Bearer", "expires_in": 3600}, {
        ("POST", "/search/v2/companies/matching"): (200, {"companies": [{"companyId": 1234567, "companyName": "Wares"}]}),
        ("POST", "/riskinfo/v3/covers"): (202, {"jobId": "J1"}),
        ("GET", "/riskinfo/v3/jobs/J1"): (200, {"jobStatusCode": "PENDING"}),
        ("GET", "/riskinfo/v3/covers/K1"): (200, COVER),
        ("POST", "/riskinfo/v3/covers/search"): (200, {"covers": [COVER]}),
        ("DELETE", "/riskinfo/v3/covers/K1"): (202, {"jobId": "J2"}),
        ("PATCH", "/riskinfo/v3/covers/K1"): (202, {"jobId": "J3"}),
        ("POST", "/stated/overdues"): (202, {"jobId": "J4"}),
    })  # fmt: skip
    told = {"business_unit": "CN01", "id_type": "USCC", "overdue_path": "/stated/overdues"}
    port, log = served("allianz", mock, told, "the-api-key")
    return port, mock, log


def test_allianz_token_by_api_key_company_cover_and_job(allianz):
    port, mock, log = allianz
    assert port.find_company(FindCompany("Wares", "CN", "9131"))[0].company_ref == "1234567"
    assert mock.asked[0][4] == {"apiKey": "the-api-key"}
    assert mock.last("/search/v2/companies/matching")[3]["Authorization"] == "Bearer t0ken-of-theirs"
    taken = port.request_cover(asked(is_urgent=True), key="k")
    said = mock.last("/riskinfo/v3/covers")[4]
    assert said["policy"] == {"businessUnitCode": "CN01", "policyId": "P"}
    assert (said["companyId"], said["isRequestUrgent"]) == ("1234567", True)
    assert said["creditLimitDetails"] == {"requestedAmount": "100000.00", "currencyCode": "EUR"}
    assert port.job_status(taken.job_ref).state == "pending"
    mock.answers["GET", "/riskinfo/v3/jobs/J1"] = (200, {"jobStatusCode": "PROCESSED", "coverId": "K1"})
    job = port.job_status(taken.job_ref)
    (decision,) = job.said
    assert (decision.body["kind"], decision.body["amount"], decision.body["expires_on"]) == (
        "partial",
        "60000.00",
        "2027-03-01",
    )
    assert "the-api-key" not in repr(log)
    assert "t0ken-of-theirs" not in repr(log)


def test_allianz_overdue_codes_and_what_it_cannot_say(allianz):
    port, mock, _ = allianz
    for notice, code, more in (
        ("overdue", "OVD", {}), ("extension", "EXP", {"extended_to": dt.date(2026, 4, 1)}),
        ("reschedule", "RES", {"plan": (Part(dt.date(2026, 4, 1), 500_00, "EUR"),)}),
    ):  # fmt: skip
        port.notify(overdue(notice, **more), key="k")
        assert mock.last("/stated/overdues")[4]["overdueCategoryTypeCode"] == code
    port.change_cover(ChangeCover("1234567", "P", "cancel", 0, "EUR"), key="k")
    port.change_cover(ChangeCover("1234567", "P", "reduce", 5_000_00, "EUR"), key="k")
    for say in (
        lambda: port.change_cover(ChangeCover("1234567", "P", "prolong", 0, "EUR"), key="k"),
        lambda: port.change_cover(ChangeCover("999", "P", "cancel", 0, "EUR"), key="k"),
        lambda: port.report_adverse(ReportAdverse("1", "P", NOW.date(), "x"), key="k"),
        port.records,
    ):
        with pytest.raises(CannotSay):
            say()
    port.told = {**port.told, "overdue_path": ""}
    with pytest.raises(CannotSay):
        port.notify(overdue("overdue"), key="k")


def test_allianz_answers_that_are_otherwise_are_set_apart_or_refused(allianz):
    port, mock, _ = allianz
    mock.answers["POST", "/riskinfo/v3/covers"] = (400, {"message": "amount too low"})
    with pytest.raises(InsurerRefuses, match="amount too low"):
        port.request_cover(asked(), key="k")
    mock.answers["POST", "/riskinfo/v3/covers"] = (202, {"job": "J1"})
    with pytest.raises(AnswerMalformed):
        port.request_cover(asked(), key="k")
    mock.answers["GET", "/riskinfo/v3/jobs/J1"] = (200, {"jobStatusCode": "SOMETHING"})
    with pytest.raises(AnswerMalformed):
        port.job_status("J1")
    for wrong in ({"coverStatus": "ODD"}, {"creditLimitDetails": {"currencyCode": "EUR"}}, {"lastUpdateDate": "soon"},
                  {"creditLimitDetails": {"approvedAmount": 1.005, "currencyCode": "EUR"}}):  # fmt: skip
        mock.answers["POST", "/riskinfo/v3/covers/search"] = (200, {"covers": [COVER | wrong]})
        (found,) = port.read_covers("").said
        assert found.body is None, wrong
        assert found.problem
    mock.answers["POST", "/riskinfo/v3/covers/search"] = (503, {})
    with pytest.raises(Again):
        port.read_covers("")


@pytest.fixture
def atradius(served):
    covers, buyers = (
        "/credit-insurance/cover-management/v1/covers",
        "/credit-insurance/organisation-management/v1/buyers",
    )
    mock = Mock("/authenticate/v2/tokens", {"data": {"access_token": "t0ken-of-theirs", "expires_in": 3600}}, {
        ("GET", buyers): (200, {"data": [{"buyerId": "B1"}]}), ("POST", covers): (202, {"data": []}),
        ("PUT", covers): (201, {"data": []}), ("GET", covers): (200, {"data": [{**LAYERED, "coverStatus": "REFERRED"}]}),
    })  # fmt: skip
    told = {"client_id": "me", "customer_id": "C", "id_type": "SN"}
    port, log = served("atradius", mock, told, "s3cret:app-key")
    return port, mock, log, covers


def test_atradius_token_by_basic_and_app_key_thousands_referred_then_two_layers(atradius):
    port, mock, log, covers = atradius
    assert port.find_company(FindCompany("Wares", "FR", "9131"))[0].company_ref == "B1"
    token = mock.asked[0][3]
    assert base64.b64decode(token["Authorization"].removeprefix("Basic ")) == b"me:s3cret"
    assert token["Atradius-App-Key"] == "app-key"
    taken = port.request_cover(asked(company_ref="B1", amount_minor=99_500_01), key="k1")
    said = mock.last(covers)[4]
    assert (said["creditLimitAmount"], said["coverType"], said["customerRefNumber"]) == (100000, "credit-limit", "k1")
    assert port.job_status(taken.job_ref).state == "pending"
    mock.answers["GET", covers] = (200, {"data": [LAYERED]})
    first, second = [each.body for each in port.job_status(taken.job_ref).said]
    assert (first["layer"], first["amount"], first["expires_on"]) == ("1", "60000.00", "2027-03-01")
    assert (second["layer"], second["amount"], second["expires_on"]) == ("2", "30000.00", "2026-06-01")
    assert (first["kind"], second["conditions"]) == ("partial", "retention of title")
    for action in ("supersede", "reduce", "cancel"):
        port.change_cover(ChangeCover("B1", "P", action, 1_000_00, "EUR"), key="k")
        assert mock.last(covers)[4]["action"] == action
    assert "s3cret" not in repr(log)
    assert "app-key" not in repr(log)


def test_atradius_refusal_unreadable_and_what_it_cannot_say(atradius):
    port, mock, _, covers = atradius
    none = LAYERED | {
        "totalDecision": {"decisionAmtInPolicyCurrency": 0},
        "firstAmtDecision": None,
        "secondAmtDecision": None,
    }
    mock.answers["GET", covers] = (200, {"data": [none]})
    (refused,) = port.read_covers("2026-01-01").said
    assert (refused.body["kind"], refused.body["amount"]) == ("refused", "0.00")
    assert mock.last(covers)[2]["fromDate"] == "2026-01-01"
    mock.answers["GET", covers] = (200, {"data": [LAYERED | {"decisionDate": None}]})
    assert [each.body for each in port.read_covers("").said] == [None, None]
    mock.answers["GET", covers] = (200, {"rows": []})
    with pytest.raises(AnswerMalformed):
        port.read_covers("")
    with pytest.raises(CannotSay):
        port.find_company(FindCompany("Wares", "FR"))
    with pytest.raises(CannotSay):
        port.notify(overdue("overdue"), key="k")


def test_coface_password_grant_headers_and_a_decision_by_delivery(served):
    decision = {
        "status": "PARTIAL",
        "decisionDate": "2026-03-02",
        "easyNumber": "E1",
        "amount": "5000.50",
        "currency": "EUR",
    }
    mock = Mock("/token", {"idToken": "t0ken-of-theirs", "expires_in": 3600}, {
        ("GET", "/companies/identifier"): (200, {"easyNumber": "E1", "name": "Wares"}),
        ("POST", "/stated/orders"): (201, {"deliveryId": "D1"}),
        ("GET", "/stated/orders/D1"): (200, {"status": "PENDING"}),
    })  # fmt: skip
    told = {"user": "me", "id_type": "SIREN", "orders_path": "/stated/orders"}
    port, log = served("coface", mock, told, "pass:word:the-api-key")
    assert port.find_company(FindCompany("Wares", "FR", "552"))[0].company_ref == "E1"
    grant, query = mock.asked[0], mock.last("/companies/identifier")
    assert (grant[4]["grant_type"], grant[4]["password"]) == ("password", "pass:word")
    headers = {name.lower(): value for name, value in query[3].items()}
    assert (headers["authorization"], headers["x-api-key"], headers["x-cof-policy-number"]) == (
        "t0ken-of-theirs",
        "the-api-key",
        "P",
    )
    assert query[2] == {"countryCode": "FR", "identifierType": "SIREN", "identifierValue": "552"}
    taken = port.request_cover(asked(company_ref="E1"), key="k")
    assert port.job_status(taken.job_ref).state == "pending"
    mock.answers["GET", "/stated/orders/D1"] = (200, decision)
    assert port.job_status(taken.job_ref).said[0].body["amount"] == "5000.50"
    assert "pass:word" not in repr(log)
    assert "the-api-key" not in repr(log)
    with pytest.raises(CannotSay):
        port.notify(overdue("overdue"), key="k")


def test_adapters_that_nobody_tried_say_so_and_name_what_they_can():
    known = adapters.known()
    assert {name for name, each in known.items() if each.is_experimental} == {"allianz", "atradius", "coface"}
    assert all(each.basis for each in known.values() if each.is_experimental)
    assert "notify" in known["allianz"].can.say
    assert "file_claim" not in known["allianz"].can.say | known["atradius"].can.say | known["coface"].can.say
    assert not any(each.can.is_idempotent for each in known.values() if each.is_experimental)
