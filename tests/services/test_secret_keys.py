"""Requests with secrets under an idempotency key: another secret is another request, and none can be found by what is kept."""

import hashlib
import inspect
import pkgutil
from dataclasses import replace
from importlib import import_module

import pytest
from insured import founded
from stocked import SYSTEM

import seawall.services
from seawall.engine.kernel.errors import IdempotencyMismatch
from seawall.services import insurers, mail, single_sign_on, source_changes, sources
from seawall.store import seal
from seawall.store.models import AuditEntry, IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, OTHER = "first-secret-0001", "other-secret-0002"
INSURER = insurers.Given("N", "neutral", "P", {"url": "https://a.example", "client_id": "x"})
SOURCE = sources.Given("S", "https", {"url": "https://a.example/items.csv"})


def added_insurer(secret, key=""):
    return insurers.add(SYSTEM, replace(INSURER, secret=secret), key=key)


def added_source(secret, key=""):
    return sources.add(SYSTEM, replace(SOURCE, secret=secret), key=key)


def another_insurer_secret():
    number = added_insurer("before-0000")
    return lambda secret, key: insurers.new_secret(SYSTEM, connection_id=number, secret=secret, key=key)


def another_source_secret():
    number = added_source("before-0000")
    return lambda secret, key: source_changes.change(SYSTEM, source_id=number, changes={"secret": secret}, key=key)


def mail_password(secret, key):
    mail.keep(SYSTEM, host="m.example", port=587, security="starttls", sender="a@example.org", username="u",
              password=secret, key=key)  # fmt: skip


def provider(secret, key):
    return single_sign_on.keep_provider(
        SYSTEM, name="P", issuer="https://id.example", client_id="c", secret=secret, is_active=False, key=key
    )


VERBS = {
    "insurers.add": lambda: added_insurer, "insurers.new_secret": another_insurer_secret,
    "sources.add": lambda: added_source, "source_changes.change": another_source_secret,
    "mail.keep": lambda: mail_password, "single_sign_on.keep_provider": lambda: provider,
}  # fmt: skip


@pytest.mark.parametrize("name", VERBS)
def test_the_same_key_with_another_secret_is_another_request(name, db):
    founded()
    act = VERBS[name]()
    before = AuditEntry.objects.count()
    assert act(FIRST, "k") == act(FIRST, "k")
    with pytest.raises(IdempotencyMismatch):
        act(OTHER, "k")
    assert AuditEntry.objects.count() == before + 1
    kept = repr([*IdempotencyKey.objects.values(), *AuditEntry.objects.values()])
    for secret in (FIRST, OTHER):
        for plain in (secret, hashlib.sha256(secret.encode()).hexdigest(), hashlib.md5(secret.encode()).hexdigest()):  # noqa: S324
            assert plain not in kept


def test_what_is_compared_cannot_be_worked_out_without_the_store_s_key(db, monkeypatch):
    """The digest is keyed: with another key the same secret has another one."""
    founded()
    found = []
    for number in range(2):
        added_insurer(FIRST, f"k{number}")
        found.append(seal.known_as(FIRST, purpose=insurers.PURPOSE))
        monkeypatch.setattr("seawall.store.seal._derived", lambda *_: b"x" * 32)
    assert found[0] != found[1]


def test_a_source_changed_meanwhile_answers_a_repeated_change_as_the_first_time(db):
    founded()
    number = added_source(FIRST)
    once = {"source_id": number, "changes": {"name": "A"}, "key": "k"}
    assert source_changes.change(SYSTEM, **once) == ("name",)
    source_changes.change(SYSTEM, source_id=number, changes={"name": "B"})
    assert source_changes.change(SYSTEM, **once) == ("name",)
    assert sources.shown(SYSTEM, source_id=number).name == "B"


def taking_secrets():
    """Every verb that is given a secret and a key."""
    for module in pkgutil.iter_modules(seawall.services.__path__):
        made = import_module(f"seawall.services.{module.name}")
        for name, each in inspect.getmembers(made, inspect.isfunction):
            names = inspect.signature(each).parameters
            is_whole = any(each.annotation == "Given" or each.name == "changes" for each in names.values())
            is_told = {"secret", "password"} & set(names) or (is_whole and "secret" in inspect.getsource(made))
            if each.__module__ == made.__name__ and not name.startswith("_") and "key" in names and is_told:
                yield f"{module.name}.{name}"


def test_every_verb_that_is_given_a_secret_is_looked_at_here():
    assert set(taking_secrets()) == set(VERBS)
