"""The sealing key is changed: everything opens before, meanwhile and after, however often it is stopped; the old key is gone."""

import ast
import importlib
from pathlib import Path

import pytest
from django.utils import timezone
from parsed import tree_of
from stocked import SYSTEM, empty, person, stock

import seawall
from seawall.engine.kernel.errors import Conflict, NotPermitted, Refused
from seawall.services import contacts, sealing, second_factors, single_sign_on
from seawall.services.access import Actor, Grant
from seawall.store import contact_keys, disk, files, points, seal
from seawall.store.home import home
from seawall.store.models import AuditEntry, Contact, Customer, SecondFactor, SignInProvider

PACKAGE = Path(seawall.__file__).parent
SECRET = "QZ-CANARY-OIDC"
OTHERWISE = {"services/sealing.py column.purpose", "store/files.py _purpose(sha256)", "store/contact_keys.py purpose"}
"""The change of keys itself, the kept files, and what a person's own key seals."""


@pytest.fixture(scope="module")
def stocked(django_db_setup, django_db_blocker, tmp_path_factory):
    """A store with something sealed in every column and many files."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("SEAWALL_HOME", str(tmp_path_factory.mktemp("home")))  # the others go on reading with their key
        home().write_record("store")
        seal.make_key(home())
        stock(tmp_path_factory.mktemp("ledger"))
        user = person("sealed", Grant("administrator"))
        secret = seal.seal_text("QZ-CANARY-TOTP", purpose=second_factors.PURPOSE)
        SecondFactor.objects.create(user=user, kind="app", name="a", created_at=timezone.now(), secret=secret)
        secret = seal.seal_text(SECRET, purpose=single_sign_on.PURPOSE)
        SignInProvider.objects.create(name="D", issuer="https://id.example", client_id="c", secret=secret)
        code = Customer.objects.order_by("id").first().code
        for number in range(7):
            contacts.add(SYSTEM, code, {"name": f"P{number}", "email": f"p{number}@example.org"})
        yield code
    with django_db_blocker.unblock():
        empty()


@pytest.fixture
def store(stocked, monkeypatch):
    """The store under a key of its own; its keys come back afterwards: other tests read the home's files too."""
    monkeypatch.delenv(seal.VARIABLE, raising=False)
    monkeypatch.setattr(sealing, "BATCH", 3)
    before = seal.ring()
    yield stocked
    held = seal.ring().keys
    monkeypatch.undo()
    back = seal.Ring(tuple(dict.fromkeys((*before.keys, *held, *seal.ring().keys))))
    seal.put_keys(home(), back)
    sealing._sealed_anew(SYSTEM, back, lambda _done: None)
    seal.put_keys(home(), before)
    (home().path / seal.DIGESTS_NAME).unlink(missing_ok=True)


def opened(code):
    """All that is sealed, in the clear."""
    kept = sorted(path.name.removesuffix(".kept") for path in (home().path / "files").iterdir())
    return {
        "app": seal.unseal_text(SecondFactor.objects.get().secret, purpose=second_factors.PURPOSE),
        "oidc": seal.unseal_text(SignInProvider.objects.get().secret, purpose=single_sign_on.PURPOSE),
        "people": [(each.name, each.email) for each in contacts.listed(SYSTEM, code)],
        "files": {name: files.read(name) for name in kept},
        "digest": contact_keys.digests(["p1@example.org"]),
    }


def is_all_current():
    ring = seal.ring()
    return not files.sealed_before(ring) and not any(each.sealed_before(ring).exists() for each in sealing.COLUMNS)


def test_everything_opens_after_a_change_and_the_old_key_is_gone(store):
    before, (old,) = opened(store), seal.ring().keys
    done = sealing.rotate(SYSTEM)
    assert opened(store) == before
    assert is_all_current()
    assert seal.ring().keys != (old,)
    assert len(seal.ring().keys) == 1
    assert seal.key_id_of(old).hex() in done.retired
    assert (done.rows, done.files) == (2 + Contact.objects.exclude(key="").count(), len(before["files"]))
    text = b"".join(path.read_bytes() for path in home().path.iterdir() if path.is_file())
    assert seal._text(old).encode() not in text
    with pytest.raises(Refused):
        seal.Ring((old,)).find(seal.key_id_of(seal.ring().first))
    assert f'"key_id":"{done.key_id}"' in AuditEntry.objects.order_by("-batch_no").first().body


def test_stopped_at_any_point_it_goes_on(store, monkeypatch):
    """Killed once at every point it passes: each time everything opens, and the next call goes on."""
    before, (old,), kills = opened(store), seal.ring().keys, 0
    while True:
        passed = []

        def stop(point, passed=passed, at=kills):
            if point.startswith("seal "):
                passed.append(point)
                if len(passed) > at % 4:
                    raise ConnectionAbortedError(point)

        with monkeypatch.context() as patch:
            patch.setattr(points, "hook", stop)
            try:
                sealing.rotate(SYSTEM)
                break
            except ConnectionAbortedError:
                kills += 1
        assert opened(store) == before
        assert old in seal.ring().keys
        if kills > 60:
            sealing.rotate(SYSTEM)
            break
    assert kills > 4
    assert opened(store) == before
    assert is_all_current()
    assert old not in seal.ring().keys
    assert len(seal.ring().keys) == 1


def test_what_was_sealed_with_the_old_key_at_the_last_moment_is_sealed_anew(store, monkeypatch):
    before, (old,) = opened(store), seal.ring().keys
    late = b"".join(seal.seal_parts([SECRET.encode()], purpose=single_sign_on.PURPOSE, key=old))

    def at_last(point):
        if point == "seal noted":
            import base64

            SignInProvider.objects.update(secret=base64.urlsafe_b64encode(late).decode())

    monkeypatch.setattr(points, "hook", at_last)
    sealing.rotate(SYSTEM)
    assert opened(store) == before
    assert is_all_current()
    assert len(seal.ring().keys) == 1


def test_keys_from_outside_are_changed_there(store, monkeypatch):
    (old,) = seal.ring().keys
    monkeypatch.setenv(seal.VARIABLE, seal._text(old))
    with pytest.raises(Refused, match="SEAWALL_SEAL_KEY"):
        sealing.rotate(SYSTEM)
    before = opened(store)
    new = b"n" * seal.KEY_BYTES
    monkeypatch.setenv(seal.VARIABLE, f"{seal._text(new)},{seal._text(old)}")
    sealing.rotate(SYSTEM)
    assert is_all_current()
    monkeypatch.setenv(seal.VARIABLE, seal._text(new))
    assert opened(store) == before


def test_who_may_and_one_at_a_time(store):
    for role in ("finance", "auditor"):
        with pytest.raises(NotPermitted):
            sealing.rotate(Actor.of("f", [role]))
        with pytest.raises(NotPermitted):
            sealing.state(Actor.of("f", [role]))
    with disk.alone(home().path / "seal.lock", Conflict("x")), pytest.raises(Conflict, match="sealing key"):
        sealing.rotate(SYSTEM)


def purposes(*functions):
    """For what the code calls these functions of ``seal``; where that is no constant, the place and its words."""
    names = {f"seal.{name}" for name in functions}
    for path in PACKAGE.rglob("*.py"):
        where = path.relative_to(PACKAGE)
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                (said,) = (ast.unparse(each.value) for each in node.keywords if each.arg == "purpose")
                module = importlib.import_module(".".join(("seawall", *where.with_suffix("").parts)))
                yield getattr(module, said, f"{where} {said}")


def test_whatever_is_sealed_is_known_to_the_change_of_keys():
    """A room that seals anything adds its column to ``sealing.COLUMNS``, and its digests' purpose to ``DIGESTS``."""
    columns = {each.purpose for each in sealing.COLUMNS}
    assert set(purposes("seal", "seal_text", "seal_texts", "seal_parts")) == columns | OTHERWISE
    assert set(purposes("keyed_digest", "known_as")) == set(sealing.DIGESTS)
