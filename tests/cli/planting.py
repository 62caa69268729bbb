"""Plants secrets in a store, by the services that its doors call; prints them and the ids of what holds them as JSON."""

import json
import sys

from seawall.cli.opening import open_store

open_store()

import pyotp  # noqa: E402 - once the store is open
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from seawall.services import (  # noqa: E402
    contacts,
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
from seawall.store.models import Customer, Entity, User  # noqa: E402

MARK = "Qz7Canary"
SYSTEM = Actor.system()


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
    client = Client()
    client.force_login(User.objects.get(username="planted"))
    return {
        "secrets": {
            "first password": first, "password before": before, "password": password, "app": app,
            "recovery code": codes[0], "API token": token, "link": invited.secret, "webhook": hook.secret, **given,
            "session": client.cookies["sessionid"].value,
        },
        "ids": {"webhook": hook.endpoint_id, "source": source},
    }  # fmt: skip


json.dump(planted(), sys.stdout)
