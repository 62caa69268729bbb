"""CPU of pages on the store of this home: python ours_pages.py DAY -> one JSON line, milliseconds by page.

Pages are asked of the product itself, without a socket, each as often as the others and in turn with them; the first
answer of each, which opens the ledger, is among them, as it is among a day's.
"""

import http
import json
import os
import resource
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "seawall.site.settings")
COUNT = 60
day = sys.argv[1]

from seawall.store import embedded  # noqa: E402
from seawall.store.home import home  # noqa: E402

lease = embedded.hold_home(home())

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from seawall.services import people  # noqa: E402
from seawall.services.access import Actor, Grant  # noqa: E402
from seawall.store.models import Item, User  # noqa: E402

settings.ALLOWED_HOSTS = ["testserver"]
people.create(Actor.system(), username="bench", grants=[Grant("administrator")])
User.objects.filter(username="bench").update(must_change_password=False)
client = Client()
client.force_login(User.objects.get(username="bench"))
with connection.cursor() as cursor:  # customers with an account: nobody sees the others
    cursor.execute("SELECT c.code FROM store_account a JOIN store_customer c ON c.id = a.customer_id ORDER BY a.id")
    codes = list(dict.fromkeys(code for (code,) in cursor.fetchall()))[: COUNT * 7 : 7]
numbers = [number for (number,) in Item.objects.every_entity().values_list("number")[: COUNT * 11 : 11]]
EMPTY = "empty"
PAGES = {
    EMPTY: "/settings/password/",
    "today": "/?as_of={day}",
    "ageing": "/ledger/ageing/?as_of={day}",
    "customer": "/ledger/customers/{code}/?as_of={day}",
    "worklist": "/action/worklist/?as_of={day}",
    "search": "/ledger/search/?as_of={day}&q={sought}",
}


def p95(times):
    return sorted(times)[int(0.95 * COUNT) - 1]


spent = {name: [] for name in PAGES}
for k in range(COUNT):
    code = codes[k % len(codes)]
    sought = code if k % 2 else numbers[k % len(numbers)]
    for name, address in PAGES.items():
        began = time.process_time()
        response = client.get(address.format(day=day, code=code, sought=sought[:6]))
        spent[name].append(time.process_time() - began)
        if response.status_code != http.HTTPStatus.OK:
            sys.exit(f"{name} answered {response.status_code}: {response.content[:500]!r}")
said = {name: round(1000 * p95(times), 1) for name, times in spent.items()}
slowest = max((name for name in said if name != EMPTY), key=lambda name: said[name])
print(
    json.dumps(
        {
            "cpu_s": said[slowest] / 1000,
            "reference_cpu_s": said[EMPTY] / 1000,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "slowest": slowest,
            "p95_ms": said,
            "median_ms": {name: round(1000 * sorted(times)[COUNT // 2], 1) for name, times in spent.items()},
            "first_ms": {name: round(1000 * times[0], 1) for name, times in spent.items()},
        }
    )
)
