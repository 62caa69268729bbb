"""A sandbox insurer of the tests' own, behind real HTTPS, with its back door."""

import datetime as dt
import json
import ssl
import urllib.request
from contextlib import contextmanager

from seawall.exchange.insurers.line import Keeper, Line
from seawall.exchange.insurers.neutral import Neutral, fetch
from seawall.exchange.insurers.sandbox.server import Sandbox, served
from seawall.exchange.net import Outside

SECRET = Sandbox.client_secret
PATIENCE = 6.0
"""So long an answer is waited for: a busy machine is no fault."""

START = dt.datetime(2031, 1, 1, 8, tzinfo=dt.UTC)
"""Its clock begins after the wall's: what the store puts into its outbox today is due in there."""


class Running:
    """A running sandbox insurer; ``advance`` lets its clock go on."""

    def __init__(self, folder, *, seed=7, per_minute=6000, port=0, **more):
        self.sandbox = Sandbox(seed, START, per_minute=per_minute, **more)
        self.server = served(self.sandbox, folder, port=port, now=dt.datetime.now(dt.UTC))
        self.server.start()
        self.url, self.authority = self.server.url, self.server.authority
        self.host = self.url.removeprefix("https://")
        self.sandbox.faults.hang_seconds = PATIENCE + 1

    @property
    def now(self):
        return self.sandbox.book.now

    def admin(self, what, **said):
        context = ssl.create_default_context(cadata=self.authority)
        asked = urllib.request.Request(
            f"{self.url}/admin/{what}", json.dumps(said).encode(), {"Sandbox-Admin": self.sandbox.admin}, method="POST"
        )
        with urllib.request.urlopen(asked, context=context) as answer:
            return json.load(answer)

    def advance(self, **how):
        return self.admin("advance", seconds=dt.timedelta(**how).total_seconds())

    def line(self, *, log=None, keeper=None, seconds=PATIENCE, secret=SECRET):
        outside = Outside(
            frozenset({self.host}), private=frozenset({self.host}), seconds=seconds, redirects_max=0,
            context=ssl.create_default_context(cadata=self.authority),
        )  # fmt: skip
        found = log if log is not None else []
        return Line(
            outside, self.url, self.now, keeper or Keeper(), fetch("seawall", secret), (secret,), log=found.append
        )

    def port(self, **how):
        return Neutral(self.line(**how))

    def close(self):
        self.server.close()


@contextmanager
def running(folder, **how):
    made = Running(folder, **how)
    try:
        yield made
    finally:
        made.close()
