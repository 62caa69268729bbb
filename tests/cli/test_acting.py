"""A person's token that is set is never passed over: with one that is not valid, no command does anything."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from cli.commands import run
from django.utils import timezone
from stocked import ON, empty, person, stock

from seawall.cli import acting, main, opening
from seawall.services import sign_in
from seawall.services.access import Grant, actor_of
from seawall.store.models import AuditEntry

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/cli.md").read_text(encoding="utf-8")
OWNER_ONLY = {"init", "demo", "doctor", "serve", "worker", "backup", "restore", "drill", "store upgrade"}
ON_FILES = {"generate", "sandbox-insurer", "mapping guess", "bank read", "insurance template", "insurance check"}
"""Commands that get at no store."""

STAYS = "sandbox-insurer"
"""Serves until interrupted, from a folder of its own."""

WORDS = {
    "--on": "2026-03-31", "--from": "2026-03-31", "--to": "2026-03-31", "--as-of": "2026-03-31", "--date-of-loss": "2026-03-31", "--set": "name=x",
    "--kind": "folder", "--at": "02:30", "--days": "1", "SAYS": "kind=approved", "WHAT": "P-1", "CHECKED": "own",
}  # fmt: skip
"""What is given where any word will not do."""

MORE = {"imports original": ("--out", "original.bin"), "claim simulate": ("--all",)}
AS_OF = ("--as-of", "2026-03-31")


def leaves(command, words=()):
    """Every command that does something by itself, by the words that call it."""
    if not hasattr(command, "list_commands"):
        yield " ".join(words), command
        return
    for name in command.list_commands(None):
        yield from leaves(command.get_command(None, name), (*words, name))


LEAVES = dict(leaves(typer.main.get_command(main.app)))


def words_for(name, command, file):
    """The least the command can be called with."""
    words = name.split()
    for part in command.params:
        option = max(part.opts, key=len)
        if part.required:
            kind = str(part.type_descriptor.annotation)
            is_path = "Path" in kind or part.name.startswith("file") or option == "--body"
            plain = "1" if "int" in kind else str(file) if is_path else "x"
            value = WORDS.get(option, WORDS.get(part.name.upper(), plain))
            is_option, is_flag = part.param_type_name == "option", "bool" in kind
            words += [option] * is_option + [value] * (not is_flag)
    asks_day = any("--as-of" in part.opts for part in command.params) and "--as-of" not in words
    return [*words, *MORE.get(name, ()), *(AS_OF if asks_day else ())]


@pytest.fixture
def stranger(db, monkeypatch, tmp_path):
    """A store that stands open, a token nobody has, and a file for commands that take one."""
    monkeypatch.setattr(opening, "open_store", lambda: None)
    monkeypatch.setenv(acting.TOKEN, "seawall_nobody")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "store.json").write_text("{}")
    file = tmp_path / "file.yaml"
    file.write_text("values: {}\n")
    return file


@pytest.mark.parametrize("name", sorted(LEAVES.keys() - {STAYS}))
def test_with_a_token_that_is_not_valid_nothing_is_done(stranger, name, monkeypatch):
    if name in ON_FILES:
        monkeypatch.setattr(opening, "open_store", pytest.fail)
        monkeypatch.setattr(opening, "connect", pytest.fail)
    else:
        monkeypatch.setattr("seawall.store.home.Home.record", property(lambda _: {"kind": "store"}))
    done = run(*words_for(name, LEAVES[name], stranger))
    assert AuditEntry.objects.count() == 0
    assert done.code != 2, f"the command was not called as it is meant to be: {done.err}"
    if name in ON_FILES:
        return
    assert (done.code, done.out) == (1, ""), done.err
    said = (
        f"Only the machine's owner does this, and {acting.TOKEN}" if name in OWNER_ONLY else "The token is not valid."
    )
    assert said in done.err


@pytest.fixture
def entity(django_db_setup, django_db_blocker, tmp_path):
    """An entity of a store whose ledger is committed: a snapshot reads it from outside."""
    with django_db_blocker.unblock():
        yield min(stock(tmp_path).accounts["entity"])
        empty()


def test_with_a_valid_token_a_command_does_what_the_person_may(entity, db, monkeypatch):
    reader = actor_of(person("reader-of-one", Grant("viewer", entity)))
    monkeypatch.setattr(opening, "open_store", lambda: None)
    asked = ("ageing", "--as-of", ON, "--currency", "CNY", "--format", "json")
    whole = json.loads(run(*asked).out)
    monkeypatch.setenv(acting.TOKEN, sign_in.make_token(reader, name="t", days=1, at=timezone.now()))
    own = json.loads(run(*asked).out)
    assert 0 < Decimal(own["total"]["open"]) < Decimal(whole["total"]["open"])
    written = AuditEntry.objects.count()
    for words in (["contact", "add", "C1", "--name", "x"], ["people", "list"], ["jobs", "set", "run", "--at", "02:30"]):
        refused = run(*words)
        assert (refused.code, refused.out) == (1, ""), words
    assert AuditEntry.objects.count() == written


def test_what_only_the_owner_does_is_listed():
    assert set(LEAVES) >= OWNER_ONLY | ON_FILES | {STAYS}
    said = re.search(r"^Only the machine's owner.*?\n\n", PAGE, flags=re.MULTILINE | re.DOTALL)[0]
    assert set(re.findall(r"`([a-z -]+)`", said)) == OWNER_ONLY
