"""A served store, who asks it, and who does it harm: what the tests of its bounds need."""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

from cli.stores import environ

PEOPLE = """
import json, os, sys
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
from seawall.cli.opening import open_store
open_store()
from django.test import Client, override_settings
from django.conf import settings
from django.utils import timezone
from seawall.services import people, sign_in
from seawall.services.access import Actor, Grant, actor_of
from seawall.store.models import User
told = {}
for name in sys.argv[1:]:
    people.create(Actor.system(), username=name, grants=[Grant("administrator")])
    User.objects.filter(username=name).update(must_change_password=False)
    user = User.objects.get(username=name)
    token = sign_in.make_token(actor_of(user), name="test", days=1, at=timezone.now())
    client = Client()
    client.force_login(user)
    told[name] = {"token": token, "session": client.cookies["sessionid"].value}
print(json.dumps(told))
"""


def people(home, *names):
    """Administrators of the store: name to ``token`` and ``session``."""
    done = subprocess.run(
        [sys.executable, "-c", PEOPLE, *names], capture_output=True, text=True, env=environ(home), check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Asking:
    """Somebody who asks the server, on one line."""

    def __init__(self, where, who=None, *, timeout=60):
        self.host = urllib.parse.urlsplit(where).netloc
        self.headers = {"Cookie": f"sessionid={who['session']}"} if who else {}
        self.line = http.client.HTTPConnection(self.host, timeout=timeout)

    def get(self, path):
        """Status and seconds."""
        for _ in range(2):  # a line that was idle for long is closed: on a new one then
            began = time.perf_counter()
            try:
                self.line.request("GET", path, headers=self.headers)
                answer = self.line.getresponse()
                answer.read()
            except (ConnectionError, http.client.HTTPException):
                self.line.close()
            else:
                return answer.status, time.perf_counter() - began
        return 0, time.perf_counter() - began


def raw(where, text, *, timeout=60):
    """A line of its own with something sent on it."""
    host, port = urllib.parse.urlsplit(where).netloc.split(":")
    made = socket.create_connection((host, int(port)), timeout=timeout)
    made.sendall(text)
    return made


class Attack:
    """Threads that each do one thing again and again, until it is over."""

    def __init__(self, act, threads):
        self.over, self.act, self.counts = threading.Event(), act, []
        self.threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(threads)]

    def _work(self, number):
        while not self.over.is_set():
            try:
                self.counts.append(self.act(number))
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
