"""Behind a proxy a request counts for its caller, in guessing, in turns and on record; without one nobody can say who."""

import io
import runpy
import sys
from pathlib import Path

import django.core.wsgi
import pytest

from seawall.site import addresses

PROXY, CALLER = "127.0.0.1", "203.0.113.7"
WSGI = Path(addresses.__file__).with_name("wsgi.py")


def seen_by(application, forwarded=None):
    """The address under which an application's request arrives."""
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/", "REMOTE_ADDR": PROXY, "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0",
    }  # fmt: skip
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    return b"".join(application(environ, lambda *_: None)).decode()


def echo(environ, _start_response):
    return [environ["REMOTE_ADDR"].encode()]


@pytest.mark.parametrize(("said", "address"), [
    (CALLER, CALLER),
    ("2001:db8::1", "2001:db8::1"),
    (f"10.0.0.1, {CALLER}", CALLER),
    (f"{CALLER}, made up", PROXY),
    ("", PROXY),
    (None, PROXY),
    (f"{CALLER}\r\nX: 1", PROXY),
])  # fmt: skip
def test_the_proxys_own_word_is_the_last_one(said, address):
    assert seen_by(addresses.Forwarded(echo), said) == address


@pytest.mark.parametrize(("header", "address"), [(("HTTP_X_FORWARDED_PROTO", "https"), CALLER), (None, PROXY)])
def test_it_is_believed_behind_a_proxy_only(header, address, settings, monkeypatch):
    settings.SECURE_PROXY_SSL_HEADER = header
    monkeypatch.setattr(django.core.wsgi, "get_wsgi_application", lambda: echo)
    monkeypatch.setattr(sys, "setswitchinterval", lambda _seconds: None)
    assert seen_by(runpy.run_path(str(WSGI))["application"], CALLER) == address
