"""Plants secrets in a store, by the services that its doors call; prints them and the ids of what holds them as JSON."""

import json
import os
import sys
from pathlib import Path

from seawall.cli.opening import open_store

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
open_store()

import pyotp  # noqa: E402 - once the store is open
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from outside_servers import Web  # noqa: E402

from seawall.exchange import webhook  # noqa: E402
from seawall.services import (  # noqa: E402
    contacts,
    insurer_calls,
    insurer_messages,
    insurer_rounds,
    insurers,
    invitations,
    mail,
    people,
    second_factors,
    sign_in,
    single_sign_on,
    sources,
    webhooks,
)
from seawall.services.access import Actor, Grant, actor_of  # noqa: E402
from seawall.services.sources import Given  # noqa: E402
from seawall.store.models import Customer, Entity, InsurerConnection, InsurerEvent, User  # noqa: E402

MARK = "Qz7Canary"
SYSTEM = Actor.system()


class Echo:
    """An insurer that says back, in every way there is, what nobody should write down."""

    token = f"{MARK}-insurer-token+9/x"

    def __init__(self, secret: str) -> None:
        self.secret, self.hook = secret, ""

    def __call__(
        self, _method: str, path: str, _query: object, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        told = f"{headers.get('Authorization')} {self.secret} {self.hook}"
        if path == "/token":
            return 200, json.dumps({"access_token": self.token, "expires_in": 3600}).encode()
        if path == "/subscriptions":
            self.hook = json.loads(body)["secret"]
            return 200, b"{}"
        if path == "/events":
            return 200, json.dumps({"events": [{"event_id": "E1", "kind": told, "body": told}], "next": ""}).encode()
        return (400, json.dumps({"reason": told}).encode()) if path.endswith("adverse") else (200, told.encode())


def insured(folder: Path) -> tuple[dict[str, str], dict[str, int]]:
    """The secrets of a connection to an insurer that keeps saying them, and what came of it."""
    echo, code = Echo(f"{MARK}-insurer-secret+9/x"), Customer.objects.order_by("id")[0].code
    web = Web(folder, echo)
    os.environ["SEAWALL_PRIVATE_HOSTS"] = web.url.removeprefix("https://")
    told = {"url": web.url, "client_id": "c", "ca": web.authority}
    given = insurers.Given("Planted", "neutral", "P-1", told, secret=echo.secret)
    number, now = insurers.add(SYSTEM, given, key="planted"), timezone.now()
    insurers.subscribe(SYSTEM, connection_id=number, url=f"https://x.example/insurers/{number}/events/", at=now)
    insurers.link(SYSTEM, connection_id=number, customer_code=code, company_ref="S1")
    messages = [
        insurer_messages.say(SYSTEM, connection_id=number, kind=kind, fields=fields, customer_code=code)
        for kind, fields in (
            ("report_adverse", {"on": "2026-03-01", "text": "late"}),
            ("request_cover", {"request_type": "2", "amount": "1.00", "currency": "USD"}),
        )
    ]
    insurer_rounds.exchange(InsurerConnection.objects.every_entity().get(pk=number), now=timezone.now())
    said = json.dumps({"event_id": "E2", "kind": "decision", "body": {"conditions": f"{echo.hook} {echo.secret}"}})
    headers = webhook.headers(echo.hook, message_id="m1", at=int(now.timestamp()), body=said)
    insurer_calls.hear(number, headers=headers, body=said.encode(), at=now)
    web.close()
    event = InsurerEvent.objects.every_entity().order_by("id")[0].pk
    secrets = {"insurer secret": echo.secret, "insurer token": echo.token, "insurer hook": echo.hook}
    return secrets, {"insurer": number, "said": messages[0], "event": event}


def planted() -> dict[str, dict[str, object]]:
    """Secret by its name, and the ids of what holds them."""
    key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    now, entity = timezone.now(), Entity.objects.scoped(SYSTEM).order_by("id")[0].code
    given = {name: f"{MARK}-{name.replace(' ', '-')}+9/x" for name in ("mail", "source", "connector", "OIDC client")}
    first = people.create(SYSTEM, username="planted", grants=[Grant("administrator")])
    actor = actor_of(User.objects.get(username="planted"))
    before, password = f"{MARK}-Password-1/+", f"{MARK}-Password-2/+"
    sign_in.change_password(actor, old=first, new=before)
    sign_in.change_password(actor, old=before, new=password)
    app = second_factors.new_app_secret()
    codes = second_factors.add_app(actor, secret=app, code=pyotp.TOTP(app).at(now), at=now)
    token = sign_in.make_token(actor, name="planted", days=3, at=now)
    mail.keep(SYSTEM, host="mail.invalid", port=587, security="starttls", sender="a@example.org", username="planted",
              password=given["mail"], pages_address="https://credit.example")  # fmt: skip
    invited = invitations.invite(SYSTEM, username="invited", grants=[], at=now, email="invited@example.org")
    hook = webhooks.add(SYSTEM, entity=entity, address="https://erp.example/hook", events=["ledger.changed"])
    webhooks.send_test(SYSTEM, hook.endpoint_id)
    source = sources.add(SYSTEM, Given("Planted", "sftp", {"host": "sftp.example.org", "user": "u", "path": "/in",
                                                           "host_key": key}, given["source"]))  # fmt: skip
    told = {"url": "https://erp.example", "company": "Ours"}
    sources.add(SYSTEM, Given("Other", "erpnext", told | {"entity": entity}, given["connector"], entity=entity))
    single_sign_on.keep_provider(SYSTEM, name="Planted", issuer="https://id.example", client_id="c",
                                 secret=given["OIDC client"], is_active=False)  # fmt: skip
    contacts.add(SYSTEM, Customer.objects.order_by("id")[0].code, {"name": "Planted"})
    of_insurer, ids = insured(Path(sys.argv[1]))
    client = Client()
    client.force_login(User.objects.get(username="planted"))
    return {
        "secrets": {
            "first password": first, "password before": before, "password": password, "app": app,
            "recovery code": codes[0], "API token": token, "link": invited.secret, "webhook": hook.secret, **given, **of_insurer,
            "session": client.cookies["sessionid"].value,
        },
        "ids": {"webhook": hook.endpoint_id, "source": source, **ids},
    }  # fmt: skip


json.dump(planted(), sys.stdout)
