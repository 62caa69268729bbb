"""Contacts on the pages: listed, added, changed, erased; read by those alone who speak to customers."""

import pytest
from stocked import ON, SYSTEM, person

from seawall.services import contacts
from seawall.services.access import Grant, actor_of
from seawall.store.models import Contact

DAY = {"as_of": ON.isoformat()}
WORDS = {"name": "Li Na 李娜", "role": "accounts payable", "email": "li@example.cn", "phone": "+86 21 5555", "language": "zh-hans"}  # fmt: skip


@pytest.fixture(autouse=True)
def unblocked(store, django_db_blocker):
    with django_db_blocker.unblock():
        yield
        Contact.objects.all().delete()


@pytest.fixture
def code(store):
    return store.customers["customer_code"][0]


def text(response):
    return response.content.decode()


def test_a_contact_is_added_changed_and_erased(client_of, code):
    client, at = client_of("boss"), f"/ledger/customers/{code}/"
    assert "Nobody is known yet" in text(client.get(at, DAY))
    assert client.post(at + "do/contact/", WORDS).status_code == 302
    (kept,) = contacts.listed(SYSTEM, code)
    page = text(client.get(at, DAY))
    assert all(word in page for word in ("Li Na 李娜", "li@example.cn", "+86 21 5555", "accounts payable"))
    place = f"/ledger/contacts/{kept.contact_id}/"
    assert 'value="li@example.cn"' in text(client.get(place))
    client.post(place, WORDS | {"phone": "+86 10 4444"})
    assert contacts.one(SYSTEM, kept.contact_id).phone == "+86 10 4444"
    asked = text(client.get(place + "erase/"))
    assert "can never be read again" in asked
    assert "backup" in asked
    assert contacts.one(SYSTEM, kept.contact_id).name == "Li Na 李娜", "looking erases nobody"
    client.post(place + "erase/")
    assert contacts.listed(SYSTEM, code) == []
    assert client.get(place).status_code == 404
    assert "Li Na" not in text(client.get(at, DAY))


def test_the_list_is_narrowed_by_code_and_by_a_whole_address(client_of, store):
    client = client_of("boss")
    for number, code in enumerate(store.customers["customer_code"][:3]):
        contacts.add(SYSTEM, code, {"name": f"Person {number}", "email": f"p{number}@example.cn"})
    page = text(client.get("/ledger/contacts/"))
    assert [f"Person {number}" in page for number in range(3)] == [True] * 3
    found = text(client.get("/ledger/contacts/", {"q": "P1@example.cn"}))
    assert "Person 1" in found
    assert "Person 0" not in found
    assert "No contact fits" in text(client.get("/ledger/contacts/", {"q": "p1@example"}))
    code = store.customers["customer_code"][2]
    assert "Person 2" in text(client.get("/ledger/contacts/", {"q": code}))


def test_nothing_is_opened_for_who_may_not_read_it(client_of, code, store, monkeypatch):
    kept = contacts.add(SYSTEM, code, WORDS)
    opened = []
    real = contacts.contact_keys.opened_body
    monkeypatch.setattr(contacts.contact_keys, "opened_body", lambda *given: opened.append(given) or real(*given))
    client = client_of("reader")
    page = text(client.get(f"/ledger/customers/{code}/", DAY))
    assert "li@example.cn" not in page
    assert 'id="contacts"' not in page
    for path in (
        "/ledger/contacts/",
        f"/ledger/contacts/{kept.contact_id}/",
        f"/ledger/contacts/{kept.contact_id}/erase/",
    ):
        assert client.get(path).status_code == 403
    assert opened == []
    client_of("boss").get(f"/ledger/customers/{code}/", DAY)
    assert opened


def test_a_right_in_one_entity_opens_no_contact_of_another(store):
    entities = sorted(store.accounts["entity"].unique())
    two = person("two-roles", Grant("viewer"), Grant("collector", entities[0]))
    own = store.accounts.join(store.customers, on="customer_id").group_by("customer_code").agg("entity")
    elsewhere = next(row["customer_code"] for row in own.to_dicts() if entities[0] not in row["entity"])
    contacts.add(SYSTEM, elsewhere, WORDS)
    people, count = contacts.page(actor_of(two))
    assert (people, count) == ([], 0)
    with pytest.raises(contacts.NotPermitted):
        contacts.listed(actor_of(two), elsewhere)


def test_a_wrong_address_is_refused_and_what_was_typed_stays(client_of, code):
    page = text(client_of("boss").post(f"/ledger/customers/{code}/do/contact/", WORDS | {"email": "no address"}))
    assert "no address is not a mail address." in page
    assert 'value="+86 21 5555"' in page
    assert contacts.listed(SYSTEM, code) == []
