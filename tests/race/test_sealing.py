"""A secret that is being written while the keys change is never lost. The twin without the lock shows that it would be."""

import contextlib
import threading

import pytest
from django.db import connection

from seawall.engine.kernel.errors import Refused
from seawall.services import access, sealing, single_sign_on
from seawall.services.access import Actor
from seawall.services.command import execute
from seawall.store import files, locks, points, seal
from seawall.store.home import home
from seawall.store.models import SignInProvider

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
SECRET = "a secret in flight"
WAIT = 20


@pytest.fixture(autouse=True)
def own_keys(tmp_path, monkeypatch):
    """A home of its own: the keys change here."""
    monkeypatch.delenv(seal.VARIABLE, raising=False)
    monkeypatch.setenv("SEAWALL_HOME", str(tmp_path / "home"))
    home().write_record("store")
    seal.make_key(home())


def in_thread(act):
    """Start it; what it raised is told by ``join``."""
    ended = []

    def work():
        try:
            ended.append(act())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            ended.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def join():
        thread.join(WAIT)
        assert not thread.is_alive()
        assert not isinstance(ended[0], Exception), ended[0]
        return ended[0]

    return thread, join


def writing(sealed, may_commit):
    """Writes a sealed secret, and stands still before its commit."""

    def effect(_write):
        text = seal.seal_text(SECRET, purpose=single_sign_on.PURPOSE)
        SignInProvider.objects.create(name="D", issuer="https://id.example", client_id="c", secret=text)
        sealed.set()
        assert may_commit.wait(WAIT)
        return {}

    return lambda: execute(SYSTEM, access.INTEGRATION_CHANGE, effect, request={"in": "flight"})


def raced(rotation_ends_first, monkeypatch):
    """The change of keys beside a write in flight; ``rotation_ends_first``: whether it is let end before the commit."""
    sealed, may_commit, noted = threading.Event(), threading.Event(), threading.Event()
    _, write_ended = in_thread(writing(sealed, may_commit))
    assert sealed.wait(WAIT)
    chain_is_free = {"seal noted": noted.set}
    monkeypatch.setattr(points, "hook", lambda point: chain_is_free.get(point, lambda: None)())
    rotation, rotated = in_thread(lambda: sealing.rotate(SYSTEM))
    assert noted.wait(WAIT)
    if rotation_ends_first:
        rotated()
    else:
        rotation.join(0.3)
        assert rotation.is_alive(), "the old key went while a write that used it was under way"
    may_commit.set()
    write_ended()
    if not rotation_ends_first:
        rotated()
    assert len(seal.ring().keys) == 1
    return seal.unseal_text(SignInProvider.objects.get().secret, purpose=single_sign_on.PURPOSE)


def test_the_old_key_stays_until_a_write_that_used_it_is_on_record(monkeypatch):
    assert raced(False, monkeypatch) == SECRET


def test_without_the_lock_the_secret_is_lost(monkeypatch):
    """The twin: whoever seals shares no lock."""
    monkeypatch.setattr(locks, "shared", lambda _name: contextlib.nullcontext())
    with pytest.raises(Refused, match="does not have"):
        raced(True, monkeypatch)


def test_a_file_that_is_being_kept_holds_the_key_too(monkeypatch):
    """The key is read, then the file is written; in between the old key may not go."""
    begun, may_write, parts = threading.Event(), threading.Event(), seal.seal_parts

    def slowly(content, *, purpose, key=None):
        for part in parts(content, purpose=purpose, key=key):
            yield part
            begun.set()
            assert may_write.wait(WAIT)

    monkeypatch.setattr(seal, "seal_parts", slowly)
    _, kept = in_thread(lambda: files.keep(b"content", "0" * 64))
    assert begun.wait(WAIT)
    monkeypatch.setattr(seal, "seal_parts", parts)
    rotation, rotated = in_thread(lambda: sealing.rotate(SYSTEM))
    rotation.join(0.5)
    assert rotation.is_alive()
    may_write.set()
    kept()
    rotated()
    assert files.read("0" * 64) == b"content"
    assert len(seal.ring().keys) == 1


def test_who_seals_while_the_key_goes_waits_for_the_new_one():
    with locks.alone(seal.IN_USE):
        seal.add_key(home())
        waiting, sealed = in_thread(writing(threading.Event(), _set()))
        waiting.join(0.2)
        assert waiting.is_alive()
        seal.drop_old_keys(home())
    sealed()
    assert seal.unseal_text(SignInProvider.objects.get().secret, purpose=single_sign_on.PURPOSE) == SECRET


def _set():
    event = threading.Event()
    event.set()
    return event
