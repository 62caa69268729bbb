"""Providers of identities that are down or were removed: what was typed stays, and there are other ways in."""

import pytest
from django.test import Client

from seawall.engine.kernel.errors import OutsideError
from seawall.services import single_sign_on
from seawall.services.access import Actor

ISSUER = "https://id.example"


@pytest.fixture
def down(monkeypatch):
    def discover(_issuer):
        raise OutsideError("{host} does not answer.", host="id.example")

    monkeypatch.setattr(single_sign_on.oidc, "discover", discover)


@pytest.mark.usefixtures("down")
def test_what_was_typed_stays_where_the_issuer_is_down(client_of, db):
    form = {"name": "Our <id>", "issuer": ISSUER, "client_id": "c-1", "secret": "canary", "is_active": "on"}
    seen = client_of("boss").post("/settings/people/providers/", form).content.decode()
    assert "id.example does not answer." in seen
    assert 'value="c-1"' in seen
    assert f'value="{ISSUER}"' in seen
    assert "canary" not in seen


@pytest.mark.usefixtures("down")
def test_who_comes_in_by_a_provider_that_is_down_or_gone_is_shown_the_other_ways(client_of, db):
    number = single_sign_on.keep_provider(
        Actor.system(), name="P", issuer=ISSUER, client_id="c", secret="s", is_active=False
    )
    single_sign_on.SignInProvider.objects.filter(pk=number).update(is_active=True)
    for provider, said in ((number, "does not answer"), (999, "provider")):
        came = Client().get(f"/sign-in/by/{provider}/?next=/ledger/bank/", follow=True)
        page = came.content.decode()
        assert said in page
        assert 'name="password"' in page
        assert 'value="/ledger/bank/"' in page
