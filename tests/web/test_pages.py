"""Every page opens for who may, in both languages, with its figures as the engine has them."""

import datetime as dt
import re

import polars as pl
import pytest
from django.urls import reverse
from stocked import ON

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.services import jobs, jobs_work, nightly, runs
from seawall.services.access import Actor
from seawall.web.menu import PAGES

NAMES = [page.name for page in PAGES]


def text(response):
    return response.content.decode()


def at(name, *args, **query):
    return reverse(name, args=args, query={"as_of": ON.isoformat()} | query)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens_in_both_languages(client_of, name, language):
    client = client_of("boss")
    client.post(reverse("language"), {"language": language, "next": "/"})
    response = client.get(at(name))
    assert response.status_code == 200, text(response)[:500]
    assert f'<html lang="{"zh-Hans" if language == "zh-hans" else "en"}"' in text(response)
    assert "Valves &amp; &lt;b&gt;Pumps" in text(response) or "<b>Pumps" not in text(response)


@pytest.mark.parametrize("name", [*NAMES, "password", "audit", "search", "report"])
def test_nobody_reads_without_signing_in(client_of, name, client):
    response = client.get(reverse(name))
    assert response.status_code == 302
    assert response.url.startswith(reverse("sign_in"))


def test_who_has_no_role_reads_nothing(client_of):
    response = client_of("nobody").get(at("today"))
    assert response.status_code == 403


def test_a_page_allows_nothing_foreign(client_of):
    response = client_of("boss").get(at("today"))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r'\sstyle="|<style|\son[a-z]+="', text(response))
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", text(response)))


def test_ageing_shows_the_engine_s_total(client_of, store):
    cny = store.only(store.accounts["currency"] == "CNY")
    rows = ageing(cny, as_of=AsOf(ON, 0), scheme=DEFAULT_SCHEME)
    total = int(rows["open_minor"].sum())
    response = client_of("boss").get(at("ageing", group_by="currency", only_currency="CNY"))
    assert f"{total / 100:,.2f}" in text(response)


def test_ageing_is_exported_as_seen(client_of):
    client = client_of("boss")
    csv = client.get(at("ageing", group_by="sector", export="csv"))
    rows = csv.content.decode("utf-8-sig").splitlines()
    assert csv["Content-Disposition"].startswith("attachment")
    assert rows[0].startswith("Sector,Open,Overdue")
    assert rows[-1].startswith("Total,")
    xlsx = client.get(at("ageing", export="xlsx"))
    assert xlsx.content[:2] == b"PK"


@pytest.mark.parametrize("name", ["customers", "worklist", "provision", "roll_rates", "concentration", "turnover"])
def test_every_table_is_exported(client_of, name):
    client = client_of("boss")
    for kind in ("csv", "xlsx"):
        response = client.get(at(name, export=kind))
        assert response.status_code == 200
        assert len(response.content) > 100


def test_drill_from_customer_to_source_row(client_of, store):
    client = client_of("boss")
    listed = text(client.get(at("customers")))
    link = re.search(r'href="(/ledger/customers/\d[^"]*)"', listed)
    page = client.get(link.group(1).replace("&amp;", "&"))
    assert page.status_code == 200
    item = re.search(r'href="(/ledger/items/[^"?/]+/(?:debit|credit)/[^"/]+/[^"/]*)"', text(page)).group(1)
    shown = text(client.get(item.replace("&amp;", "&")))
    assert "items.csv" in shown
    assert "Where it comes from" in shown


def test_another_entity_s_objects_are_not_found(client_of, store):
    client = client_of("narrow")
    mine = min(store.accounts["entity"].unique())
    foreign = (
        store.accounts.join(store.customers, on="customer_id").group_by("customer_code").agg(pl.col("entity").unique())
    )
    code = next(row["customer_code"] for row in foreign.iter_rows(named=True) if mine not in row["entity"])
    assert client.get(at("customer", code)).status_code == 404
    accounts = store.accounts.filter(pl.col("entity") != mine)
    row = store.items.filter(pl.col("account_id") == accounts["account_id"][0]).row(0, named=True)
    side = "debit" if row["is_debit"] else "credit"
    assert client.get(at("item", accounts["entity"][0], side, row["number"])).status_code == 404
    assert client.get(at("ageing", entity=accounts["entity"][0])).status_code == 404
    assert code not in client.get(at("customers", export="csv")).content.decode()
    assert code not in text(client.get(at("search", q=code))).replace(f"“{code}”", "")
    assert client.get(at("why", "open_minor", customer=code)).status_code in (400, 404)


def test_search_finds_by_code_and_name(client_of, store):
    client = client_of("reader")
    row = store.customers.row(3, named=True)
    assert row["customer_code"] in text(client.get(at("search", q=row["customer_code"])))
    assert row["customer_code"] in text(client.get(at("search", q=row["name"][:4])))


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "1990-02-31"},
        {"as_of": "tomorrow"},
        {"currency": "XXY"},
        {"scheme": "60/30"},
        {"by": "moon"},
        {"sort": "password"},
        {"group_by": "colour"},
        {"after": "-1"},
        {"export": "exe"},
    ],
)
def test_a_wrong_question_is_told_in_words(client_of, query):
    response = client_of("boss").get(reverse("ageing", query=query))
    assert response.status_code in (400, 422)
    assert "sw-error" in text(response)
    assert "Traceback" not in text(response)


def test_an_unknown_page_offers_a_way_on(client_of):
    response = client_of("boss").get("/no/such/page/")
    assert response.status_code == 404
    assert reverse("today") in text(response)


def test_the_report_is_a_pdf(client_of):
    response = client_of("boss").get(at("report"))
    assert response["Content-Type"] == "application/pdf"
    assert response.content[:5] == b"%PDF-"


@pytest.mark.parametrize("figure", ["loss_ratio_rate", "ecl_minor", "open_minor", "dso_days", "cei_rate", "cr10_rate"])
def test_every_headline_figure_says_why(client_of, figure):
    response = client_of("reader").get(at("why", figure))
    assert response.status_code == 200
    assert "sw-formula" in text(response)


@pytest.mark.parametrize("figure", ["overdue_minor", "open_minor", "sales_12m_minor", "hhi"])
def test_why_of_a_headline_goes_down_to_the_rows_of_the_file(client_of, figure):
    assert re.search(r"file items\.csv, row [\d,]+ \(", text(client_of("reader").get(at("why", figure))))


def test_a_run_is_started_from_the_page_and_shows_its_manifest(client_of):
    client = client_of("boss")
    response = client.post(at("runs"), {"as_of": ON.isoformat(), "currency": "CNY"}, follow=True)
    assert "No worker is running" in text(response)
    assert 'hx-trigger="every 2s"' in text(response)
    job_id = jobs.listed(Actor.system(), limit=1)[0].job_id
    assert response.redirect_chain[-1][0] == reverse("job", args=[job_id])
    assert jobs_work.carry_out(job_id, process="1", kind_of=jobs.kind_of, again=jobs.wake) == "done"
    page = text(client.get(reverse("job", args=[job_id])))
    assert "every 2s" not in page
    assert "Manifest" in text(client.get(re.search(r'href="(/settings/runs/[0-9a-f-]+/)"', page).group(1)))


def test_a_run_that_was_stopped_goes_on_from_its_page(client_of, monkeypatch):
    def stop(done, _total):
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        runs.run(Actor.system(), on=ON - dt.timedelta(days=1), currency="CNY", progress=stop)
    stopped = nightly.last_stopped(Actor.system())
    address = reverse("run", args=[stopped.run_id])
    assert "Go on" not in text(client_of("reader").get(address))
    page = text(client_of("boss").get(address))
    assert "was stopped before its end" in page
    response = client_of("boss").post(address, follow=True)
    job_id = jobs.listed(Actor.system(), limit=1)[0].job_id
    assert response.redirect_chain[-1][0] == reverse("job", args=[job_id])
    assert jobs_work.carry_out(job_id, process="1", kind_of=jobs.kind_of, again=jobs.wake) == "done"
    assert runs.shown(Actor.system(), run_id=stopped.run_id).state == "done"
    assert "Only a run that was stopped" in text(client_of("boss").post(address, follow=True))
    assert nightly.last_stopped(Actor.system()) is None


def test_a_daily_job_is_set_on_the_page_and_a_wrong_time_is_told_beside_it(client_of):
    client = client_of("boss")
    page = text(client.post(reverse("jobs"), {"kind": "run", "at": "03:15", "is_on": "on"}, follow=True))
    assert 'value="03:15"' in page
    wrong = text(client.post(reverse("jobs"), {"kind": "run", "at": "25:00", "is_on": "on"}))
    assert "25:00 is not a time of day." in wrong
    assert 'value="25:00"' in wrong
    assert client_of("reader").post(reverse("jobs"), {"kind": "run", "at": "03:15"}).status_code == 403


def test_a_backup_is_asked_for_on_the_page_by_who_may(client_of):
    assert "never yet" in text(client_of("boss").get(reverse("jobs")))
    response = client_of("boss").post(reverse("jobs"), {"now": "backup"}, follow=True)
    assert jobs.listed(Actor.system(), limit=1)[0].kind == "backup"
    assert "Backup" in text(response)
    assert client_of("reader").post(reverse("jobs"), {"now": "backup"}).status_code == 403


def test_who_may_not_run_is_told_so(client_of):
    response = client_of("reader").post(at("runs"), {"as_of": ON.isoformat()}, follow=True)
    assert "may not do this" in text(response)


def test_a_form_from_elsewhere_is_refused(client_of):
    client = client_of("boss")
    client.handler.enforce_csrf_checks = True
    assert client.post(at("runs"), {"as_of": ON.isoformat()}).status_code == 403
