"""What a monitor sees, and what the log says: enough to know, and no secret."""

import json
import logging

import pytest
from django.db import DatabaseError
from django.test import Client

from seawall.services import health
from seawall.site import turns
from seawall.site.logs import LEFT_OUT, logging_settings
from seawall.store.models import Job, User
from seawall.web import health as web_health
from seawall.web.session_store import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def looked_at_each_time(monkeypatch):
    monkeypatch.setattr(web_health, "READY_SECONDS", 0)


def test_who_asks_again_and_again_whether_it_is_ready_costs_nothing(monkeypatch, client_of):
    monkeypatch.setattr(web_health, "READY_SECONDS", 60)
    monkeypatch.setattr(web_health, "_readiness", web_health._Readiness())
    looked = []
    monkeypatch.setattr(health.founding, "pending", lambda: looked.append(1))
    assert {Client().get("/health/ready").status_code for _ in range(20)} == {200}
    assert len(looked) == 1


def test_alive_asks_nothing_and_ready_asks_the_database(monkeypatch, client_of):
    assert Client().get("/health/live").json() == {"live": True}
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "database": "ok", "tables": "ok", "store": "ok"},
    )
    monkeypatch.setattr(health.founding, "pending", lambda: ("store.9999",))
    assert Client().get("/health/ready").status_code == 503

    def gone():
        raise DatabaseError("password=hunter2 at 10.0.0.1")

    monkeypatch.setattr(health.founding, "pending", gone)
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "database": "unreachable"})


def test_metrics_are_for_this_machine_and_for_who_has_the_token(monkeypatch, client_of):
    assert Client().get("/metrics").status_code == 200
    proxied = {"x-forwarded-for": "203.0.113.9"}
    assert Client(headers=proxied).get("/metrics").status_code == 404
    assert Client(REMOTE_ADDR="203.0.113.9").get("/metrics").status_code == 404
    monkeypatch.setenv("SEAWALL_METRICS_TOKEN", "a-long-token")
    assert Client(headers=proxied | {"authorization": "Bearer a-long-token"}).get("/metrics").status_code == 200
    for wrong in ("Bearer a-long-toke", "Bearer ", "a-long-token", "Bearer é"):
        assert Client(headers=proxied | {"authorization": wrong}).get("/metrics").status_code == 404


def test_metrics_name_the_figures_and_no_person(client_of):
    Job.objects.create(kind="run", key="m", arguments={}, enqueued_at="2026-01-01T00:00:00Z")
    client = client_of("boss")
    client.get("/ledger/customers/?q=Secret%20Customer")
    text = client.get("/metrics").content.decode()
    for name in ("seawall_database_up 1.0", 'seawall_jobs{state="waiting"} 1.0', "seawall_worker_up", "seawall_audit_head",
                 'seawall_requests_total{method="GET",page="customers",status="200"}', "seawall_request_seconds_bucket"):  # fmt: skip
        assert name in text
    assert "Secret" not in text
    assert "boss" not in text


def test_the_database_gone_is_a_figure_too(monkeypatch):
    def gone(_now):
        raise DatabaseError

    monkeypatch.setattr(health, "_figures", gone)
    (metric,) = health.metrics(now=None)
    assert (metric.name, metric.samples[0].value) == ("seawall_database_up", 0)


@pytest.fixture
def said():
    """What a handler set up as in production writes."""
    import io
    from logging.config import DictConfigurator

    stream = io.StringIO()
    formatter = DictConfigurator(logging_settings(is_json=True)).configure_formatter(
        logging_settings(is_json=True)["formatters"]["used"]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger("seawall.test_of_logs")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel("INFO")
    return logger, stream


def test_a_line_is_json_and_nothing_forges_another(said):
    logger, stream = said
    logger.info('signed in\n{"event": "forged"}\x1b[31m', extra={"page": "a\r\nb", "user_id": 3})
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert found["event"] == 'signed in\n{"event": "forged"}\x1b[31m'
    assert (found["page"], found["user_id"], found["level"]) == ("a\r\nb", 3, "info")
    assert "\x1b" not in line


CANARIES = {
    "password": "canary-1", "api_token": "canary-2", "Authorization": "Bearer canary-3", "session_key": "canary-4",
    "note": "token seawall_canary5abcdefgh was used", "address": "postgresql://user:canary-6@host/db",
    "nested": {"secret_key": "canary-7", "list": ["Bearer canary-8"]}, "said": "password=canary-9",
}  # fmt: skip


def test_secrets_are_left_out(said):
    logger, stream = said
    logger.info("event", extra=CANARIES)
    try:
        int("password: canary-10")
    except ValueError:
        logger.exception("failed")
    text = stream.getvalue()
    assert "canary" not in text
    assert text.count(LEFT_OUT) >= 10


def test_a_request_s_line_says_which_page_and_not_what_was_asked(said, client_of):
    logger, stream = said
    requests = logging.getLogger("seawall.requests")
    handlers, level = requests.handlers, requests.level
    requests.handlers, requests.level = logger.handlers, logging.INFO
    try:
        Client().get("/sign-in/?next=/ledger/customers/Secret/")
    finally:
        requests.handlers, requests.level = handlers, level
    found = json.loads(stream.getvalue().splitlines()[-1])
    assert (found["page"], found["status"], found["method"]) == ("sign_in", 200, "GET")
    assert "Secret" not in stream.getvalue()
    assert len(found["request_id"]) == 16


@pytest.fixture
def line_of(said, monkeypatch):
    """The line that a request writes, and its answer."""
    logger, stream = said
    requests = logging.getLogger("seawall.requests")
    monkeypatch.setattr(requests, "handlers", logger.handlers)
    monkeypatch.setattr(requests, "level", logging.INFO)

    def asked(client, **more):
        answer = client.get("/", **more)
        return json.loads(stream.getvalue().splitlines()[-1]), answer

    return asked


@pytest.mark.parametrize("is_program", [False, True])
def test_the_line_of_a_request_that_was_refused_its_turn_says_who_asked(line_of, client_of, monkeypatch, is_program):
    client, user = client_of("reader"), User.objects.get(username="reader")
    monkeypatch.setattr(turns, "_turns", type("Full", (turns.Turns,), {"_taken": lambda _self, _who: turns.MANY})())
    if is_program:
        monkeypatch.setattr(turns, "_who", lambda _request: f"{turns.PROGRAMS}user {user.pk}")
    found, _answer = line_of(client)
    assert (found["status"], found["user_id"]) == (429, user.pk)


def test_a_request_is_counted_and_has_its_line_where_the_database_is_gone(line_of, client_of, monkeypatch):
    client = client_of("reader")
    client.raise_request_exception = False

    def gone(_self):
        raise DatabaseError

    monkeypatch.setattr(SessionStore, "load", gone)
    found, answer = line_of(client)
    assert (found["status"], found["user_id"]) == (500, None)
    assert answer["X-Request-Id"] == found["request_id"]
