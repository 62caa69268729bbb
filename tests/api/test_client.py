"""The Python client against the API itself; the how-to's example runs as it stands."""

import re
from pathlib import Path

import httpx
import pytest
from stocked import ON

from seawall import client as module
from seawall.client import Client, Problem

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "python-client.md"


class Wired(httpx.WSGITransport):
    """The API without a network; the name of the example is taken for the local one."""

    def handle_request(self, request):
        request.url = request.url.copy_with(host="localhost")
        request.headers["host"] = "localhost"
        return super().handle_request(request)


@pytest.fixture
def wired(store):
    from django.core.wsgi import get_wsgi_application

    return Wired(app=get_wsgi_application())


@pytest.fixture
def seawall(wired, token_of):
    with Client("http://localhost", token_of("boss"), transport=wired) as made:
        yield made


def test_pages_are_walked_to_their_end(seawall):
    rows = list(seawall.customers(as_of=ON.isoformat(), limit=7))
    assert len({row["customer_code"] for row in rows}) == len(rows) > 7
    assert seawall.customer(rows[0]["customer_code"], as_of=ON.isoformat())["open"] == rows[0]["open"]
    assert seawall.provision(as_of=ON.isoformat())["method"]


def test_a_refusal_is_an_exception_with_its_code(seawall):
    with pytest.raises(Problem, match="404 not_found") as refused:
        seawall.customer("nobody")
    assert refused.value.status == 404
    bad = {
        "entity": "E1",
        "customer_code": "C",
        "number": "R",
        "received_on": "2026-01-01",
        "currency": "XXQ",
        "amount": "1",
    }
    with pytest.raises(Problem) as refused:
        seawall.push_receipts([bad])
    assert refused.value.faults[0]["where"] == ["items", 1, "currency"]


def answering(*statuses):
    """A server that gives these answers in turn, and the keys it was sent."""
    keys, left = [], list(statuses)

    def answer(request):
        keys.append(request.headers.get("idempotency-key"))
        status = left.pop(0)
        return httpx.Response(status, json={"code": "lock_timeout" if status == 409 else "x", "new": 1})

    return httpx.MockTransport(answer), keys


def test_a_busy_moment_is_waited_for_with_the_same_key(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)
    transport, keys = answering(503, 409, 200)
    with Client("http://localhost", "t", transport=transport) as made:
        assert made.push_items([{}])["new"] == 1
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_other_refusals_are_not_repeated_and_busy_ones_not_for_ever(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)
    for statuses, asked in (((422,), 1), ((503,) * 9, module.TRIES)):
        transport, keys = answering(*statuses)
        with Client("http://localhost", "t", transport=transport) as made, pytest.raises(Problem):
            made.post("push/items", {})
        assert len(keys) == asked


def test_the_example_runs(wired, token_of, monkeypatch, capsys):
    example = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    real = httpx.Client
    monkeypatch.setattr(module.httpx, "Client", lambda **how: real(**how | {"transport": wired}))
    exec(compile(example, str(PAGE), "exec"), {"token": token_of("boss")})  # noqa: S102 - the page's own words
    said = capsys.readouterr().out
    assert re.search(r"\S+ \d+\.\d\d \d+\.\d\d", said)
    assert "1 new, 0 on file already" in said
