"""The line to an insurer meets answers that are made to break it: each is told as an answer that cannot be read."""

import datetime as dt
import json

import pytest

from seawall.exchange.insurers.line import AFTER_SECONDS_MAX, Keeper, Line, Token, token_of
from seawall.exchange.insurers.messages import ReportAdverse
from seawall.exchange.insurers.neutral import Neutral
from seawall.exchange.insurers.port import Again, AnswerMalformed, InsurerRefuses
from seawall.exchange.net import Answer

NOW = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)


class Says:
    """An insurer that says one thing, whatever it is asked."""

    def __init__(self, content, status=200, headers=None):
        self.answer = Answer("https://a.example/x", status, headers or {}, content)

    def ask(self, url, **_how):
        return self.answer


def line(said, log=None, **more):
    content = said if isinstance(said, bytes) else json.dumps(said).encode()
    keeper = Keeper(Token("t0ken", NOW + dt.timedelta(days=1)))
    return Line(
        Says(content, **more), "https://a.example", NOW, keeper, lambda _line: None,
        log=(log if log is not None else []).append,
    )  # fmt: skip


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 50_000, b'{"n":' + b"9" * 5000 + b"}", b"\xff\0"])
def test_an_answer_nobody_can_read_is_malformed_and_on_record(content):
    log = []
    with pytest.raises(AnswerMalformed) as caught:
        line(content, log).ask("GET", "/x")
    assert len(log) == 1
    assert "\0" not in caught.value.raw + log[0].answered


@pytest.mark.parametrize(
    ("after", "seconds"), [("9" * 30, AFTER_SECONDS_MAX), ("9" * 5000, AFTER_SECONDS_MAX), ("7", 7.0), ("-1", None)]
)
def test_a_pause_without_end_is_a_day(after, seconds):
    with pytest.raises(Again) as caught:
        line({}, status=429, headers={"retry-after": after}).ask("GET", "/x")
    assert caught.value.after_seconds == seconds
    assert NOW + dt.timedelta(seconds=caught.value.after_seconds or 0)


@pytest.mark.parametrize("seconds", [10**20, -1, "3600", 1.5, None])
def test_a_token_for_ever_is_none(seconds):
    with pytest.raises(AnswerMalformed):
        token_of(line({}), {"access_token": "x", "expires_in": seconds})


def test_what_an_insurer_gives_as_reason_number_or_job_can_be_kept():
    job = Neutral(line({"status": "refused", "reason": "a\0\ud800", "ref": "r\0"})).job_status("j")
    assert (job.reason, job.ref) == ("a��", "r�")
    assert (
        Neutral(line({"job_ref": "j\0"})).report_adverse(ReportAdverse("S1", "P", NOW.date(), "x"), key="k").job_ref
        == "j�"
    )
    with pytest.raises(InsurerRefuses) as caught:
        line({"reason": "no\0"}, status=400).ask("GET", "/x")
    assert caught.value.params["reason"] == "no�"
