"""The bank over the API: statements in, a proposal confirmed once, taken back, and another entity's money unseen."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from seawall.store.models import BankEntry, Entity, Item

STATEMENT = """:20:X
:25:{account}
:60F:C260325{currency}0,00
:61:2603260326C{amount}NTRFNONREF//B1
:86:payment {number}
:62F:C260326{currency}{amount}
-
"""


@pytest.fixture(scope="module")
def invoice(store, django_db_blocker):
    """An invoice with everything still open, of the entity that one of the people sees alone."""
    from seawall.engine.kernel.asof import AsOf
    from seawall.engine.ledger.balance import open_debits
    from seawall.services import snapshots
    from seawall.services.access import Actor

    ledger, known = snapshots.open_ledger(Actor.system(), details=True)
    first = Entity.objects.every_entity().order_by("code").first().code
    rows = open_debits(ledger, as_of=AsOf(dt.date(2026, 3, 31), known))
    rows = rows.join(ledger.accounts, on="account_id") if "entity" not in rows.columns else rows
    whole = rows.filter((rows["entity"] == first) & (rows["open_minor"] == rows["amount_minor"]))
    return whole.sort("number").row(0, named=True)


def client_of(token):
    return Client(headers={"authorization": f"Bearer {token}"})


def uploaded(client, text, **query):
    file = SimpleUploadedFile("s.sta", text.encode())
    address = "/api/v1/bank/statements?" + "&".join(f"{name}={value}" for name, value in query.items())
    return client.post(address, {"files": file}, headers={"idempotency-key": query.get("key", "")})


def text_of(invoice, account="CN-1"):
    from seawall.engine.kernel.money import amount_text

    amount = amount_text(invoice["amount_minor"], invoice["currency"]).replace(".", ",")
    return STATEMENT.format(account=account, currency=invoice["currency"], amount=amount, number=invoice["number"])


def test_from_the_statement_to_the_match_and_back(token_of, invoice):
    client = client_of(token_of("boss"))
    taken = uploaded(client, text_of(invoice), entity=invoice["entity"])
    assert taken.status_code == 200, taken.content
    assert taken.json()["statements"][0]["new"] == 1
    assert uploaded(client, text_of(invoice)).json()["batch_no"] is None
    (row,) = client.get("/api/v1/bank/unmatched?as_of=2026-03-31").json()["entries"]
    assert row["proposals"][0]["allocations"][0]["number"] == invoice["number"]
    address = f"/api/v1/bank/entries/{row['entry_id']}/match"

    def confirm(key, **body):
        asked = {"as_of": "2026-03-31", "seen": row["seen"], **body}
        return client.post(address, asked, content_type="application/json", headers={"idempotency-key": key})

    assert confirm("a", seen="0" * 64).status_code == 409
    first = confirm("b")
    assert first.status_code == 200, first.content
    assert confirm("b").json() == first.json()
    assert confirm("b", proposal=1).status_code == 409
    assert confirm("c", seen="").status_code == 409
    assert Item.objects.every_entity().filter(number__startswith="BANK-").count() == 1
    assert client.get("/api/v1/bank/unmatched?as_of=2026-03-31").json()["count"] == 0
    journal_says(client, row)
    undo = client.post(address.replace("match", "undo"), {"reason": "test"}, content_type="application/json")
    assert undo.status_code == 200, undo.content
    assert client.get("/api/v1/bank/unmatched?as_of=2026-03-31").json()["count"] == 1


def journal_says(client, row):
    """The posting of a match, and bad questions about a period."""
    address = f"/api/v1/bank/journal?from_on={row['booked_on']}&until_on="
    found = client.get(f"{address}{row['booked_on']}&limit=1").json()
    assert (found["postings"], found["next"]) == (1, None)
    assert [line["account"] for line in found["lines"]] == ["bank", "receivables"]
    assert {line["posting"] for line in found["lines"]} == {f"BANK-{row['entry_id']}"}
    assert [each["debit"] == each["credit"] == row["amount"] for each in found["totals"]] == [True]
    assert client.get(f"{address}2020-01-01").status_code == 422
    assert client.get(f"{address}{row['booked_on']}&entity=NONE").status_code == 404
    assert client.get(f"{address}y").status_code == 422


def test_who_may_not_see_or_decide(token_of, invoice):
    entry = BankEntry.objects.every_entity().get()
    address = f"/api/v1/bank/entries/{entry.pk}/match"
    reader = client_of(token_of("reader"))
    assert reader.post(address, {}, content_type="application/json").status_code == 403
    others = client_of(token_of("narrow"))
    text = text_of(invoice, account="ELSE-1")
    codes = list(Entity.objects.every_entity().order_by("code").values_list("code", flat=True))
    if len(codes) > 1:
        assert uploaded(others, text, entity=codes[-1]).status_code == 404
    assert uploaded(reader, text).status_code == 403
    assert uploaded(others, "nothing").status_code == 422


def test_how_old_bank_data_is_stands_wherever_somebody_is_about_to_be_chased(token_of, invoice):
    client = client_of(token_of("boss"))
    uploaded(client, text_of(invoice), entity=invoice["entity"])
    asked = "as_of=2026-03-31&currency=CNY"
    code = client.get(f"/api/v1/customers?{asked}").json()["rows"][0]["customer_code"]
    told = {"last_on": "2026-03-26", "days": 5, "is_stale": True, "accounts": 1}
    for path in (f"/ageing?{asked}", f"/customers?{asked}", f"/customers/{code}?{asked}"):
        assert client.get(f"/api/v1{path}").json()["bank"] == told, path
    fresh = client.get("/api/v1/ageing?as_of=2026-03-27&currency=CNY").json()["bank"]
    assert (fresh["days"], fresh["is_stale"]) == (1, False)
    assert client.get("/api/v1/meta").json()["bank"]["last_on"] == "2026-03-26"
    others = Entity.objects.every_entity().exclude(code=invoice["entity"]).order_by("code").first().code
    assert client.get(f"/api/v1/ageing?{asked}&entity={others}").json()["bank"] is None
    assert client.get(f"/api/v1/explain/bank_age?{asked}").json()["value"] == 5
    assert client.get(f"/api/v1/explain/bank_age_days?{asked}&entity={others}").status_code == 400
    asked = f"as_of=2026-03-31&currency={invoice['currency']}"
    trace = client.get(f"/api/v1/explain/unmatched?{asked}").json()
    assert (trace["value"], [each["source"]["name"] for each in trace["inputs"]]) == (
        invoice["amount_minor"], ["s.sta"]
    )  # fmt: skip
    assert client.get(f"/api/v1/explain/unmatched?{asked}&entity={others}").json()["value"] == 0
