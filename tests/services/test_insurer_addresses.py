"""S11 over connections to insurers: whatever address somebody types, nothing that is not public is connected to."""

import contextlib
import datetime as dt
import itertools
import socket

import httpcore
import pytest
from exchange.test_net import LITERALS, OTHER_FORMS, PUBLIC, trap
from insured import customers, founded
from outside_servers import Web
from stocked import SYSTEM

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.services import insurer_rounds, insurers
from seawall.services.insurers import Given

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
KINDS = ("neutral", "allianz", "atradius", "coface")


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


def told(url, **more):
    given = dict.fromkeys(("client_id", "business_unit", "id_type", "user", "customer_id"), "x")
    return {"url": url, **given, **more}


def asked(url):
    """Connect an insurer at an address as far as it goes, and ask it everything that can be asked."""
    for kind in KINDS:
        try:
            number = insurers.add(SYSTEM, Given("x", kind, "P", told(url), secret="s3cret:key"))
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


NAMES = {
    "inside.example": ["127.0.0.1"], "mixed.example": [PUBLIC, "10.0.0.1"], "mapped.example": ["::ffff:127.0.0.1"],
    "cloud.example": ["169.254.169.254"], "carrier.example": ["100.64.0.1"], "link.example": ["fe80::1%1"],
    "none.example": [],
}  # fmt: skip


@pytest.fixture
def named(monkeypatch):
    """Names that lead where they should not, and one that leads elsewhere each time it is asked."""
    turns = itertools.cycle([PUBLIC, "127.0.0.1"])

    def found(host, port, *_rest, **_more):
        addresses = [next(turns)] if host == "turn.example" else NAMES[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", "inside.example:8443,10.0.0.1")  # another port, and none: names nobody


@pytest.mark.promise("S11")
def test_no_name_of_an_insurer_leads_inside_not_even_the_second_time(dialled, named, tmp_path, promise):
    founded()
    customers(tmp_path, 1)
    for name in (*NAMES, "turn.example"):
        asked(f"https://{name}/")
    assert set(dialled) == {PUBLIC}, "the name that turns was asked where it was public, and nowhere else"
    promise(f"{len(NAMES) + 1} names of insurers by 4 adapters, one that turns: connections inside 0")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_insurer_that_redirects_is_not_followed(tmp_path, monkeypatch, kind, status):
    founded()
    customers(tmp_path, 1)
    with trap() as caught:
        web = Web(tmp_path, lambda *_: (status, b"", {"Location": f"https://127.0.0.1:{caught.port}/token"}))
        try:
            monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", f"127.0.0.1:{web.port},127.0.0.1:{caught.port}")
            number = insurers.add(SYSTEM, Given("x", kind, "P", told(web.url, ca=web.authority), secret="s3cret:key"))
            with pytest.raises(Refused):
                insurers.try_it(SYSTEM, connection_id=number, at=NOW)
            with pytest.raises(Refused):
                insurers.candidates(SYSTEM, connection_id=number, customer_code="C1", at=NOW)
            assert (len(web.asked), caught.count) == (2, 0)
        finally:
            web.close()
