"""Sealing: only this store opens a blob, only whole, only for its purpose, and also after a change of keys."""

import base64
import stat

import pytest

from seawall.engine.kernel.errors import Broken, InputError, Refused
from seawall.store import seal
from seawall.store.home import Home

PURPOSE = "webhook secret"
SIZES = [0, 1, 100, seal.FRAME_BYTES - 1, seal.FRAME_BYTES, seal.FRAME_BYTES + 1, 3 * seal.FRAME_BYTES]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("SEAWALL_HOME", str(tmp_path))
    monkeypatch.delenv(seal.VARIABLE, raising=False)
    made = Home(tmp_path)
    seal.make_key(made)
    return made


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens_and_cannot_be_read_without(place, size):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    blob = seal.seal(content, purpose=PURPOSE)
    assert seal.unseal(blob, purpose=PURPOSE) == content
    assert len(content) < 16 or content[:16] not in blob


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_parts_of_any_size_give_the_same_content(place, step):
    content = b"0123456789" * 300_000
    blob = b"".join(seal.seal_parts((content[i : i + 99_991] for i in range(0, len(content), 99_991)), purpose=PURPOSE))
    if step < 1000:
        blob, content = seal.seal(content[:5000], purpose=PURPOSE), content[:5000]
    assert (
        b"".join(seal.unseal_parts((blob[i : i + step] for i in range(0, len(blob), step)), purpose=PURPOSE)) == content
    )


def test_the_same_twice_gives_two_blobs(place):
    assert seal.seal(b"same", purpose=PURPOSE) != seal.seal(b"same", purpose=PURPOSE)


def test_a_blob_opens_for_its_own_purpose_only(place):
    with pytest.raises(Broken):
        seal.unseal(seal.seal(b"secret", purpose=PURPOSE), purpose="mailbox password")


def test_a_change_of_any_byte_is_found(place):
    blob = seal.seal(b"secret", purpose=PURPOSE)
    for at in range(len(blob)):
        changed = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with pytest.raises((Broken, Refused)):
            seal.unseal(changed, purpose=PURPOSE)


@pytest.mark.parametrize(
    "change",
    [
        lambda header, frames: header + frames[0],  # the tail is cut at the border of a frame
        lambda header, frames: header + frames[1] + frames[0] + frames[2],
        lambda header, frames: header + frames[0] + frames[0] + frames[2],
        lambda header, frames: header + b"".join(frames) + b"more",
        lambda header, _frames: header,
        lambda header, _frames: header[:-1],
        lambda _header, _frames: b"",
    ],
)
def test_frames_cannot_be_cut_swapped_or_stretched(place, change):
    blob = seal.seal(b"z" * (2 * seal.FRAME_BYTES + 5), purpose=PURPOSE)
    size, start = seal.FRAME_BYTES + seal.TAG_BYTES, seal.HEADER_BYTES
    frames = [blob[start : start + size], blob[start + size : start + 2 * size], blob[start + 2 * size :]]
    with pytest.raises(Broken):
        seal.unseal(change(blob[:start], frames), purpose=PURPOSE)


def test_text_goes_into_a_column_and_back(place):
    sealed = seal.seal_text("密码 p@ss", purpose=PURPOSE)
    assert sealed.isascii()
    assert seal.unseal_text(sealed, purpose=PURPOSE) == "密码 p@ss"
    with pytest.raises(Broken):
        seal.unseal_text("not sealed", purpose=PURPOSE)


def test_a_new_key_seals_and_the_old_one_still_opens(place):
    before, digest = seal.seal(b"old", purpose=PURPOSE), seal.keyed_digest(b"old", purpose=PURPOSE)
    added = seal.add_key(place)
    after = seal.seal(b"new", purpose=PURPOSE)
    assert added == seal.key_state(place).key_id
    assert seal.unseal(before, purpose=PURPOSE) == b"old"
    assert (seal.is_current(before), seal.is_current(after)) == (False, True)
    assert seal.keyed_digest(b"old", purpose=PURPOSE) == digest
    assert seal.key_state(place).count == 2


def test_without_its_key_a_blob_stays_closed_and_the_key_is_named(place, monkeypatch):
    blob = seal.seal(b"secret", purpose=PURPOSE)
    monkeypatch.setenv(seal.VARIABLE, base64.b64encode(b"k" * 32).decode())
    with pytest.raises(Refused, match=seal.key_id_of(seal.ring(Home(place.path, environ={})).first).hex()):
        seal.unseal(blob, purpose=PURPOSE)


def test_keys_from_outside_come_before_the_file(place, monkeypatch):
    one, two = (base64.b64encode(byte * 32).decode() for byte in (b"a", b"b"))
    monkeypatch.setenv(seal.VARIABLE, two)
    blob = seal.seal(b"secret", purpose=PURPOSE)
    monkeypatch.setenv(seal.VARIABLE, f"{one},{two}")
    assert seal.unseal(blob, purpose=PURPOSE) == b"secret"
    assert seal.key_state(Home(place.path)).source == "variable"
    with pytest.raises(Refused):
        seal.add_key(Home(place.path))


@pytest.mark.parametrize("given", ["short", base64.b64encode(b"x" * 31).decode(), ",", "é"])
def test_what_is_no_key_is_refused(place, monkeypatch, given):
    monkeypatch.setenv(seal.VARIABLE, given)
    with pytest.raises(InputError):
        seal.seal(b"secret", purpose=PURPOSE)


def test_the_key_is_made_once_and_closed_to_others(place):
    path = place.path / seal.KEY_NAME
    made = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    seal.make_key(place)
    assert path.read_text() == made
    path.chmod(0o644)
    assert seal.key_state(place).is_open_to_others


def test_a_store_without_a_key_says_so(place):
    (place.path / seal.KEY_NAME).unlink()
    assert seal.key_state(place).source == "none"
    with pytest.raises(Refused):
        seal.seal(b"secret", purpose=PURPOSE)
