"""S11: nothing that is not public is ever connected to, whatever the address looks like or a name says a moment later."""

import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import httpcore
import pytest

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.exchange.net import AddressRefused, Outside, is_public, system_resolver

PUBLIC = "93.184.215.14"
LITERALS = (
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
    "0", "0.0.0.0",  # noqa: S104
    "00000.0", "localhost", "localhost.", "LOCALHOST", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[fe80::1%25lo]", "[fe80::1]", "[fc00::1]", "[fd12::1]", "[ff02::1]",
    "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[2001:0:7f00:1::]", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254",
    "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "[100::1]",
    "[2001:db8::1]", "3232235521", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[::ffff:10.0.0.1]",
)  # fmt: skip
OTHER_FORMS = (
    "http://{}/", "file:///etc/passwd", "gopher://{}/1", "ftp://{}/x", "//{}/", "https:{}", "https://user@{}/", "https://user:pw@{}/",
    "https://good.example@{}/", "https://good.example%00.{}/", "https://{}\\@good.example/", "https:// {}/", "https://{}\n/", "dict://{}/",
    "https://good.example:{}/",
)  # fmt: skip


class Trap:
    """A port of this machine that counts who comes."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.count = self.socket.getsockname()[1], 0
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                caller, _ = self.socket.accept()
            except OSError:
                return
            self.count += 1
            caller.close()


class Counting(httpcore.SyncBackend):
    """The real way out, counted; addresses other than this machine's are not dialled in a test."""

    def __init__(self):
        self.dialled = []

    def connect_tcp(self, host, port, *rest, **more):
        self.dialled.append(host)
        if not host.startswith("127."):
            raise httpcore.ConnectError("not dialled in a test")
        return super().connect_tcp(host, port, *rest, **more)


class Canned(httpcore.NetworkBackend):
    """Answers as told, one answer a connection; remembers where it was connected to."""

    def __init__(self, *answers):
        self.answers, self.dialled = list(answers), []

    def connect_tcp(self, host, port, *_rest, **_more):
        self.dialled.append(host)
        return httpcore.MockStream([self.answers.pop(0)])


@contextmanager
def trap():
    made = Trap()
    yield made
    made.socket.close()


def redirect(to):
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def known(host, port):
    return [PUBLIC] if host == "good.example" else system_resolver(host, port)


def listed(host, port):
    bare = (urlsplit(f"https://{host}/").hostname or "").rstrip(".")
    return f"{bare}:{port}"


def tried(outside, url):
    with pytest.raises((Refused, OutsideError)):
        outside.ask(url)


@pytest.mark.promise("S11")
def test_nothing_private_is_ever_connected_to(promise):
    targets = 0
    with trap() as caught:
        out = Counting()
        for literal in LITERALS:  # even where somebody put it on the list
            guard = Outside(frozenset({listed(literal, caught.port)}), resolver=known, connector=out)
            tried(guard, f"https://{literal}:{caught.port}/")
            targets += 1
        guard = Outside(frozenset({"good.example"}), resolver=known, connector=out)
        for form in OTHER_FORMS:
            tried(guard, form.format(f"127.0.0.1:{caught.port}"))
            targets += 1
        for literal in LITERALS[:20]:
            way = Canned(redirect(f"https://{literal}:{caught.port}/"))
            hosts = frozenset({"good.example", listed(literal, caught.port)})
            tried(Outside(hosts, resolver=known, connector=way), "https://good.example/")
            assert way.dialled == [PUBLIC]
            targets += 1
        for first, then in ((PUBLIC, "127.0.0.1"), (PUBLIC, "169.254.169.254"), (PUBLIC, "::1")):
            answers = iter([[first], [then], [then]])
            way = Canned(FOUND)
            rebound = Outside(frozenset({"turn.example"}), resolver=lambda *_, a=answers: next(a), connector=way)
            assert rebound.ask("https://turn.example/").content == b"ok"
            assert way.dialled == [first]
            tried(rebound, "https://turn.example/")
            targets += 1
        tried(replace(guard, resolver=lambda *_: [PUBLIC, "127.0.0.1"]), "https://good.example/")
        assert (out.dialled, caught.count) == ([], 0)
    assert targets >= 80
    promise(f"{targets} targets, among them redirects and names that answer otherwise the second time: connections 0")


def test_without_the_guard_the_trap_counts():
    with trap() as caught:
        open_ = Outside(frozenset({f"127.0.0.1:{caught.port}"}), permits=lambda _address: True, connector=Counting())
        tried(open_, f"https://127.0.0.1:{caught.port}/")
        assert caught.count == 1


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111"])
def test_public_addresses_are_public(address):
    import ipaddress

    assert is_public(ipaddress.ip_address(address))


def test_a_listed_host_is_asked_and_its_redirects_within_the_list_are_followed():
    way = Canned(redirect("/b"), FOUND)
    answer = Outside(frozenset({"good.example"}), resolver=known, connector=way).ask("https://good.example/a")
    assert (answer.status, answer.content, answer.url) == (200, b"ok", "https://good.example/b")


def test_a_host_that_is_not_listed_is_not_even_looked_up():
    def nobody(*_):
        raise AssertionError

    with pytest.raises(AddressRefused, match="not on the list"):
        Outside(frozenset({"good.example"}), resolver=nobody).ask("https://other.example/")


def test_redirects_end():
    way = Canned(*[redirect("/again")] * 10)
    with pytest.raises(OutsideError, match="without end"):
        Outside(frozenset({"good.example"}), resolver=known, connector=way).ask("https://good.example/")
