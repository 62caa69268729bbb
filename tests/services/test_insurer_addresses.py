"""S11 over connections to insurers: whatever address somebody types, nothing that is not public is connected to."""

import contextlib
import datetime as dt

import httpcore
import pytest
from exchange.test_net import LITERALS, OTHER_FORMS, trap
from insured import connected, customers, founded
from outside_servers import Web
from sandbox_insurer import running
from stocked import SYSTEM

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.services import insurer_rounds, insurers
from seawall.services.insurers import Given

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def dialled(monkeypatch):
    """Every address that is connected to; none is, in a test."""
    found = []

    def connect(_self, host, *_rest, **_more):
        found.append(host)
        raise httpcore.ConnectError("not dialled in a test")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    return found


def probed(number):
    insurers.try_it(SYSTEM, connection_id=number, at=NOW)


def searched(number):
    insurers.candidates(SYSTEM, connection_id=number, customer_code="C1", at=NOW)


def exchanged(_number):
    insurer_rounds.exchange_now(SYSTEM, now=NOW)


def asked(url):
    """Connect an insurer at an address as far as it goes, and ask it everything that can be asked."""
    told = {"url": url, "client_id": "x", "business_unit": "x", "id_type": "x", "user": "x", "customer_id": "x"}
    for kind in ("neutral", "allianz", "atradius", "coface"):
        try:
            number = insurers.add(SYSTEM, Given("x", kind, "P", told, secret="s3cret:key"))
        except Refused:
            continue
        for ask in (probed, searched, exchanged):
            with contextlib.suppress(Refused, OutsideError):
                ask(number)
        insurers.remove(SYSTEM, connection_id=number)


@pytest.mark.promise("S11")
def test_no_connection_to_an_insurer_leads_inside(dialled, tmp_path, count, promise):
    founded()
    customers(tmp_path, 1)
    literals = LITERALS[:: count(3, 1)]
    targets = [f"https://{literal}:8443/" for literal in literals]
    targets += [form.format("127.0.0.1:8443") for form in OTHER_FORMS]
    for target in targets:
        asked(target)
    assert dialled == []
    promise(f"{len(targets)} addresses of insurers by 4 adapters: connections 0")


def test_without_the_guard_they_would_be(dialled, tmp_path, monkeypatch):
    founded()
    customers(tmp_path, 1)
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", "127.0.0.1:8443")
    asked("https://127.0.0.1:8443/")
    assert dialled


def test_an_insurer_that_redirects_is_not_followed(tmp_path, monkeypatch):
    founded()
    with trap() as caught, running(tmp_path / "s") as insurer:
        web = Web(tmp_path, lambda *_: (302, b"", {"Location": f"https://127.0.0.1:{caught.port}/token"}))
        try:
            connected(insurer, monkeypatch)
            monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", f"127.0.0.1:{web.port},127.0.0.1:{caught.port}")
            told = {"url": web.url, "client_id": "x", "ca": web.authority}
            number = insurers.add(SYSTEM, Given("x", "neutral", "P", told, secret="s3cret"))
            with pytest.raises(Refused):
                insurers.try_it(SYSTEM, connection_id=number, at=NOW)
            assert (len(web.asked), caught.count) == (1, 0)
        finally:
            web.close()
