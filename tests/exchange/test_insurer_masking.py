"""S16 over what insurers say: no secret in a log, a quarantine, a message; and nothing masked that is none."""

import base64
import datetime as dt
import json
import time
from urllib.parse import quote

import pytest

from seawall.exchange.insurers.line import Keeper, Line, Token
from seawall.exchange.insurers.masking import MASK, masked, masked_text, parts_of, without
from seawall.exchange.insurers.neutral import Neutral
from seawall.exchange.insurers.port import Again, AnswerMalformed, InsurerRefuses, incoming
from seawall.exchange.net import Answer

NOW = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
SECRET, TOKEN = 'cl"ient/secret+9', "t0ken-of-the-day"


class Says:
    def __init__(self, said, status=200):
        text = said if isinstance(said, str) else json.dumps(said)
        self.answer = Answer("https://a.example/x", status, {}, text.encode())

    def ask(self, _url, **_how):
        return self.answer


def line(said, log=None, status=200):
    keeper = Keeper()
    keeper.keep(Token(TOKEN, NOW + dt.timedelta(days=1)))
    return Line(Says(said, status), "https://a.example", NOW, keeper, lambda _line: None, parts_of(SECRET),
                log=(log if log is not None else []).append)  # fmt: skip


def disguised(secret):
    return (
        secret, quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode(),
        base64.b64encode(f"u:{secret}".encode()).decode(), base64.b64encode(f"us:{secret}".encode()).decode(),
    )  # fmt: skip


@pytest.mark.parametrize("form", [*disguised(SECRET), *disguised(TOKEN)])
@pytest.mark.parametrize("shape", ["{}", '{{"a": ["x {} y"', "<html>{}</html>", "token={}&x=1"])
def test_our_own_secrets_are_masked_in_whatever_comes_back(form, shape):
    log = []
    with pytest.raises(AnswerMalformed) as caught:
        line(shape.format(form), log).ask("GET", "/x")
    kept = caught.value.raw + repr(log)
    assert form not in kept
    assert MASK in kept


@pytest.mark.parametrize("secret", [SECRET, TOKEN])
def test_an_answer_that_says_no_names_no_secret_not_even_cut_at_its_end(secret):
    with pytest.raises(InsurerRefuses) as caught:
        line({"reason": "x" * 290 + secret}, status=400).ask("GET", "/x")
    assert secret[:8] not in caught.value.params["reason"]


@pytest.mark.parametrize(
    "said",
    [
        {"access_token": "other-1", "covers": {}},
        {"covers": "x", "clientSecret": "other-1"},
        {"x": {"Api-Key": "other-1"}},
    ],
)
def test_fields_named_as_secrets_are_masked_in_an_answer_that_is_set_apart(said):
    with pytest.raises(AnswerMalformed) as caught:
        Neutral(line(said)).read_covers("")
    assert "other-1" not in caught.value.raw
    assert MASK in caught.value.raw


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "other-1", "expires', "<p>Authorization: Bearer other-1</p>", "api_key=other-1&a=b",
        "{'client_secret': 'other-1'", "password : other-1",
    ],
)  # fmt: skip
def test_a_name_and_its_secret_are_told_apart_where_nothing_can_be_read(text):
    kept = masked_text(text)
    assert "other-1" not in kept
    assert MASK in kept


@pytest.mark.parametrize(
    "value", ["4711471147", "4711.5", '{"user": "4711"}', '["4711", {"x": 4711}]', '[[{"y": "4711"}]]']
)
def test_what_a_name_calls_secret_is_masked_whatever_it_is(value):
    kept = masked_text(f'{{"a": {{"clientSecret": {value}}}, "n": 1}}')
    assert "4711" not in kept
    assert json.loads(kept) == {"a": {"clientSecret": MASK}, "n": 1}


@pytest.mark.parametrize("text", ['{"password": "other-1", "password": null}', f'{{"a": {json.dumps(SECRET)}, "a": 1}}',
                                  '{"x": [{"token": 4711, "token": "other-1", "token": true}]}'])  # fmt: skip
def test_of_equal_names_every_value_is_masked(text):
    kept = masked_text(text, parts_of(SECRET))
    assert not [each for each in ("other-1", "4711", SECRET[:8]) if each in kept]
    assert MASK in kept


def test_what_an_adapter_reads_has_no_secret_of_ours_and_is_else_as_it_came():
    body = {"decision_id": "D1", "conditions": f"ask with {SECRET} or {TOKEN}", "amount": "1.10", "n": [1, None, True]}
    said = line({"covers": [body], "next": ""}).ask("GET", "/covers")
    (cover,) = said["covers"]
    assert cover["conditions"] == f"ask with {MASK} or {MASK}"
    assert {**cover, "conditions": ""} == {**body, "conditions": ""}
    assert SECRET not in repr(Neutral(line({"covers": [body], "next": ""})).read_covers(""))


@pytest.mark.parametrize(
    "text",
    [
        '{"b":1.10,"a":[1.0]}',
        "[]",
        "5",
        "NaN",
        "no json",
        '{"a": 1, "a": 2}',
        '{"token": null, "has_key": true}',
        '{"message_key": "sw-1", "key": "k"}',
    ],
)
def test_what_has_no_secret_is_kept_as_it_came(text):
    assert masked_text(text, (SECRET, TOKEN)) == text


def test_a_short_secret_spoils_nothing_that_is_read():
    """``2026`` may be somebody's key: the policy P-2026 stays what it is, and is masked in the log only."""
    log = []
    made = line({"policy": "P-2026"}, log)
    made.secrets = ("2026",)
    assert made.ask("GET", "/x") == {"policy": "P-2026"}
    assert log[0].answered == '{"policy": "P-' + MASK + '"}'


def test_an_event_keeps_no_secret_and_its_own_key_stays():
    event = incoming("reply", {"message_key": "sw-1", "answer": "what", "on": "2031-01-01", "token": "other-1"})
    assert event.problem
    assert "other-1" not in event.raw
    assert "sw-1" in event.raw


def test_an_earlier_token_is_masked_too_and_the_tenth_before_is_forgotten():
    keeper = Keeper()
    for n in range(10):
        keeper.keep(Token(f"token-number-{n}", NOW))
    assert without("token-number-9 token-number-7 token-number-0", keeper.values) == f"{MASK} {MASK} token-number-0"


@pytest.mark.parametrize("text", ["a" * 200_000, "key " * 50_000, '"key":' * 50_000, "[" * 200_000, '{"a":' * 100_000])
def test_hostile_text_is_masked_in_time(text):
    began = time.process_time()
    masked_text(text, (SECRET, TOKEN))
    assert time.process_time() - began < 5


def test_json_too_deep_to_look_into_is_none():
    deep = "[" * 60 + "]" * 60
    with pytest.raises(AnswerMalformed):
        line(deep).ask("GET", "/x")
    assert masked(json.loads("[" * 40 + "]" * 40)) == json.loads("[" * 40 + "]" * 40)


def test_a_secret_handed_over_for_calls_is_masked_in_the_answer_to_it():
    log = []
    with pytest.raises((InsurerRefuses, Again)):
        Neutral(line({"reason": "whsec_0123456789 is no secret"}, log, status=400)).subscribe(
            "https://x/", "whsec_0123456789"
        )
    assert "whsec_0123456789" not in repr(log)
