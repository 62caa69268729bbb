"""S21, bodies that come slowly, in part, or in no measure: each is ended by a limit that is named."""

import io
import threading
import time

import pytest

from seawall.site import bodies
from seawall.site.bodies import BODIES, BODIES_OF_ADDRESS, BODY_BYTES, Patient

SOON = 5


class Slow:
    """A body that gives what it has, then stalls or dribbles until it is let go."""

    def __init__(self, has=b"", dribbles=False):
        self.has, self.dribbles, self.over = io.BytesIO(has), dribbles, threading.Event()

    def read(self, size):
        part = self.has.read(size)
        while not part and not self.over.is_set():
            self.over.wait(0.01)
            if self.dribbles:
                return b"x"
        return part


class Told:
    """What was answered."""

    def __init__(self, patient, stream, length, address="10.0.0.1", **more):
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": stream, "REMOTE_ADDR": address,
            "SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http", **more,
        }  # fmt: skip
        if length is not None:
            environ["CONTENT_LENGTH"] = str(length)
        self.content = b"".join(patient(environ, self._start))

    def _start(self, status, _headers):
        self.status = int(status.split()[0])


def patient(seconds=0.2, **more):
    def application(environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH", "0") != "0" else b"none"]

    return Patient(application, seconds=seconds, is_behind_proxy=False, **more)


@pytest.mark.parametrize("size", [1, 3, 70_000, 3_000_000])
def test_a_body_comes_through_as_it_was_sent(size):
    sent = bytes(range(256)) * (size // 256 + 1)
    assert Told(patient(SOON), io.BytesIO(sent[:size]), size).content == sent[:size]
    assert in_chunks(sent[:size], "application/json").content == sent[:size]
    assert Told(patient(SOON), io.BytesIO(), None).content == b"none"


def in_chunks(body, kind):
    """As the server gives it: without a length, and in the same way whether it ended or was cut off."""
    return Told(patient(SOON), io.BytesIO(body), None, HTTP_TRANSFER_ENCODING="chunked", CONTENT_TYPE=kind)


FORM = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"amount=1", "application/x-www-form-urlencoded", 400),
        (b"code,amount\nC1,1", "text/csv", 400),
        (b"amount=1", "", 400),
        (FORM, "multipart/form-data; boundary=b", 200),
        (FORM[:-4], "multipart/form-data; boundary=b", 400),
        (b"x" * 10_000 + FORM, "multipart/form-data; boundary=b", 200),
        (b'{"amount": "1', "application/json", 200),  # which who reads it refuses
    ],
)
def test_a_body_in_chunks_is_taken_where_it_shows_its_end(body, kind, status):
    told = in_chunks(body, kind)
    assert told.status == status
    assert (b"Content-Length" in told.content) == (status == 400 and not kind.startswith("multipart"))


@pytest.mark.parametrize("dribbles", [False, True])
def test_a_body_that_comes_too_slowly_is_not_waited_for(dribbles):
    stream, began = Slow(b"a=1", dribbles), time.monotonic()
    told = Told(patient(0.3), stream, 100_000)
    assert told.status == 408
    assert 0.3 <= time.monotonic() - began < 3
    stream.over.set()


def test_what_comes_steadily_may_take_longer(monkeypatch):
    monkeypatch.setattr(bodies, "BYTES_PER_SECOND", 1)  # a second for each
    assert Told(patient(1), Slowly(30), 30).content == b"x" * 30


class Slowly(Slow):
    """So many bytes, one every twentieth of a second."""

    def __init__(self, count):
        self.left = count

    def read(self, _size):
        time.sleep(0.05)
        self.left -= 1
        return b"x" if self.left >= 0 else b""


def test_a_body_without_measure_is_refused_unread_and_one_that_was_cut_is_not_taken(monkeypatch):
    told = Told(patient(), Slow(), BODY_BYTES + 1)
    assert (told.status, b"4096 MiB" in told.content) == (413, True)
    monkeypatch.setattr(bodies, "BODY_BYTES", 1000)
    assert Told(patient(), io.BytesIO(b"x" * 5000), None, HTTP_TRANSFER_ENCODING="chunked").status == 413
    assert Told(patient(), io.BytesIO(b"x" * 5), 10).status == 400


def test_one_address_has_so_many_and_all_together_so_many_and_each_counts_until_it_goes():
    server, streams = patient(0.05), []

    def stalled(address):
        streams.append(Slow())
        return Told(server, streams[-1], 10, address).status

    assert [stalled("10.0.0.1") for _ in range(BODIES_OF_ADDRESS + 2)] == [408] * BODIES_OF_ADDRESS + [429] * 2
    assert Told(server, io.BytesIO(b"a=1"), 3, "10.0.0.2").content == b"a=1", "others are not kept out"
    rest = [stalled(f"10.0.1.{n}") for n in range(BODIES)]
    assert rest.count(408) == BODIES - BODIES_OF_ADDRESS
    assert Told(server, Slow(), 0).status == 200, "what has no body is not counted"
    for stream in streams:
        stream.over.set()
    end = time.monotonic() + SOON
    while server._waited_for and time.monotonic() < end:
        time.sleep(0.01)
    assert Told(server, io.BytesIO(b"a=1"), 3, "10.0.0.1").content == b"a=1"


def test_behind_a_proxy_whose_address_is_all_there_is_no_address_is_counted():
    server = Patient(lambda *_: [], seconds=0.01, is_behind_proxy=True)
    streams = [Slow() for _ in range(BODIES)]
    assert [Told(server, each, 10).status for each in streams] == [408] * BODIES
    for stream in streams:
        stream.over.set()
