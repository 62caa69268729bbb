"""``seawall serve``: answers on this machine only, with the pages' files, and leaves nothing running."""

import socket
import urllib.error
import urllib.parse
import urllib.request

import pytest
from cli.stores import own_home, seawall, serving

from seawall.cli.serve import address, first_free_port, refuse_taken_port
from seawall.engine.kernel.errors import UsageError
from seawall.store import embedded


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with own_home(tmp_path_factory.mktemp("serve")) as home:
        assert seawall(home, "init", "--name", "Example").returncode == 0
        with serving(home, "serve") as (where, process):
            yield home, where, process
        assert process.returncode == 0


def test_who_is_not_signed_in_gets_the_sign_in_page(served):
    _home, where, _process = served
    with urllib.request.urlopen(where) as answer:
        assert answer.status == 200
        assert "sign-in" in answer.url


def test_files_come_compressed_under_names_that_hold_their_hash(served):
    _home, where, _process = served
    page = urllib.request.urlopen(where).read().decode()
    start = page.index("/static/vendor/tabler.min.")
    name = page[start : page.index('"', start)]
    assert name != "/static/vendor/tabler.min.css"
    asked = urllib.request.Request(where.rstrip("/") + name, headers={"Accept-Encoding": "br"})
    with urllib.request.urlopen(asked) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]


def test_other_host_names_are_not_answered(served):
    _home, where, _process = served
    asked = urllib.request.Request(where, headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    assert refused.value.code == 400


CHUNK = b"5\r\na=b&c\r\n"
PARTS = b"1b\r\n--b\r\nContent-Disposition: x\r\n\r\n"


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (b"application/x-www-form-urlencoded", CHUNK),
        (b"application/x-www-form-urlencoded", CHUNK[:-4]),
        (b"application/x-www-form-urlencoded", CHUNK + b"0\r\n"),
        (b"multipart/form-data; boundary=b", PARTS),
        (b"text/csv", CHUNK + b"zz\r\n"),
    ],
)
def test_a_body_in_chunks_that_is_cut_off_is_answered_400(served, kind, sent):
    _home, where, _process = served
    host, port = urllib.parse.urlsplit(where).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        head = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: %b\r\n\r\n"
        line.sendall(head % kind + sent)
        line.shutdown(socket.SHUT_WR)
        assert b" 400 " in line.recv(2000).splitlines()[0]


def test_a_second_command_shares_the_store_while_it_is_served(served):
    home, _where, _process = served
    assert seawall(home, "doctor").returncode == 0
    assert embedded.is_running(home.cluster)


def test_a_taken_port_is_said_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="Cannot listen"):
            refuse_taken_port("127.0.0.1", taken.getsockname()[1])


def test_the_demo_takes_the_next_free_port():
    first = first_free_port("127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert first_free_port("127.0.0.1") > first


def test_addresses_are_what_a_browser_takes():
    assert address("127.0.0.1", 8000) == "http://127.0.0.1:8000/"
    assert address("::1", 80) == "http://[::1]:80/"
