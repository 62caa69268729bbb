"""Personal data: sealed under a key of each person's own, kept nowhere else, gone for good once erased."""

import datetime as dt
import gzip
import hashlib
import io
import json
import logging

import pytest
from django.db import connection
from django.utils import timezone
from stocked import SYSTEM

from seawall.engine.kernel.errors import Broken, InputError, NotFound, NotPermitted
from seawall.services import contacts, merging, sign_in, snapshots
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.audit import verify
from seawall.services.checks import check
from seawall.services.intake import commit_import
from seawall.services.origin import came_from
from seawall.store import contact_keys, files, seal
from seawall.store.home import home
from seawall.store.models import Contact, Customer, ImportFile, KeptFile, User

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "qz-canary-7f3a@erase-me.example"
PHONE = "+49 000 7734 2291 55"
ITEMS = """entity,customer_code,kind,number,issued_on,due_on,currency,amount
E1,C1,invoice,I-1,2026-01-10,2026-02-09,CNY,1000.00
E1,C2,invoice,I-2,2026-01-20,2026-02-19,CNY,500.00
"""


@pytest.fixture(autouse=True)
def book(tmp_path):
    (tmp_path / "customers.csv").write_text(f"customer_code,name,email\nC1,One,{CANARY}\nC2,Two,two@example.org\n")
    (tmp_path / "items.csv").write_text(ITEMS)
    commit_import(SYSTEM, [tmp_path])
    return tmp_path


def everywhere():
    """Every byte that is kept: all tables as text, all files of the home but the key and the server's own."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row[0].encode() for row in cursor.fetchall()]
    place = home().path
    for path in place.rglob("*"):
        if path.is_file() and not path.is_relative_to(home().cluster) and path.name != seal.KEY_NAME:
            found.append(path.read_bytes())
    return b"\n".join(found)


def person():
    (found,) = contacts.listed(SYSTEM, "C1")
    return found


@pytest.mark.promise("S18")
def test_an_erased_person_leaves_no_trace_and_the_chain_holds(book, promise, caplog):
    """Searched: database, files, snapshots, results, logs; sealed under the store's key counts as a trace too."""
    caplog.set_level(logging.DEBUG)
    contacts.change(SYSTEM, person().contact_id, {"phone": PHONE, "name": "Qz Canary"})
    snapshots.open_ledger(SYSTEM)
    row = Contact.objects.get(pk=person().contact_id)
    key, sealed = contact_keys.opened_key(row.key), row.body
    assert contact_keys.opened_body(key, row.customer_id, sealed)["phone"] == PHONE
    contacts.erase(SYSTEM, row.pk)
    assert contacts.listed(SYSTEM, "C1") == []
    row.refresh_from_db()
    assert (row.key, row.body) == ("", "")
    kept = everywhere()
    opened = b"".join(files.read(each.sha256) for each in ImportFile.objects.every_entity())
    traces = [
        word
        for word in (CANARY, PHONE, "Qz Canary")
        for where in (kept, opened, caplog.text.encode())
        if word.encode() in where
    ]
    assert traces == []
    assert verify(SYSTEM).holds
    assert check(SYSTEM, on=dt.date(2026, 3, 31)).holds
    promise(f"{len(kept):,} bytes of tables and files searched for 3 canaries: traces 0; chain valid")


def test_before_it_is_erased_it_is_found_only_under_its_own_key(book):
    assert person().email == CANARY
    assert CANARY.encode() not in everywhere()


def test_the_search_finds_what_is_there(book):
    """The twin: the same search over a place where an address was left in the open."""
    left = home().path / "files" / "left"
    left.write_text(CANARY)
    try:
        assert CANARY.encode() in everywhere()
    finally:
        left.unlink()


def test_an_erased_person_does_not_come_back_by_the_same_file(book):
    contacts.erase(SYSTEM, person().contact_id)
    (book / "customers.csv").write_text(f"customer_code,name,email\nC1,One,{CANARY.upper()}\nC3,Three,\n")
    commit_import(SYSTEM, [book])
    assert contacts.listed(SYSTEM, "C1") == []
    (book / "customers.csv").write_text("customer_code,name,email\nC1,One,new@example.org\n")
    commit_import(SYSTEM, [book])
    assert person().email == "new@example.org"


def test_a_person_is_added_changed_and_what_was_said_before_is_gone(book):
    made = contacts.add(SYSTEM, "C1", {"name": "Li Na", "email": "li@example.cn", "language": "zh-hans"})
    old = Contact.objects.get(pk=made.contact_id)
    changed = contacts.change(SYSTEM, made.contact_id, {"role": "finance"})
    assert (changed.name, changed.role, changed.language) == ("Li Na", "finance", "zh-hans")
    assert Contact.objects.get(pk=made.contact_id).key != old.key
    assert [each.name for each in contacts.listed(SYSTEM, "C1")] == ["", "Li Na"]


def test_what_a_person_corrected_is_not_undone_by_the_next_import(book):
    contacts.change(SYSTEM, person().contact_id, {"email": "right@example.org"})
    commit_import(SYSTEM, [book], apply_corrections=True)
    assert person().email == "right@example.org"


@pytest.mark.parametrize(
    "said",
    [{}, {"name": " "}, {"email": "no address"}, {"name": "x" * 300}, {"name": "A", "language": "tlh"}],
)
def test_what_is_no_contact_is_refused(book, said):
    with pytest.raises(InputError):
        contacts.add(SYSTEM, "C1", said)


def test_who_may_not_or_does_not_see_the_customer_is_refused(book):
    with pytest.raises(NotPermitted):
        contacts.erase(Actor.of("co", ["collector"]), person().contact_id)
    with pytest.raises(NotPermitted):
        contacts.add(Actor.of("vi", ["viewer"]), "C1", {"name": "A"})
    other = Actor.of("fa", ["credit_manager"], frozenset({"E2"}))
    for act in (
        lambda: contacts.listed(other, "C1"),
        lambda: contacts.change(other, person().contact_id, {"name": "A"}),
        lambda: contacts.erase(other, person().contact_id),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_row_put_under_another_customer_does_not_open(book):
    row = Contact.objects.get(pk=person().contact_id)
    Contact.objects.filter(pk=row.pk).update(customer=Customer.objects.get(code="C2"), is_from_file=False)
    with pytest.raises(Broken):
        contacts.listed(SYSTEM, "C2")


def packed(text, kind):
    if kind == "gz":
        return gzip.compress(text.encode())
    if kind == "utf-16":
        return text.encode("utf-16")
    if kind == "parquet":
        import polars as pl

        made = io.BytesIO()
        pl.read_csv(io.StringIO(text)).write_parquet(made)
        return made.getvalue()
    if kind == "xlsx":
        import xlsxwriter

        made = io.BytesIO()
        with xlsxwriter.Workbook(made) as book:
            sheet = book.add_worksheet("customers")
            for number, line in enumerate(text.splitlines()):
                sheet.write_row(number, 0, line.split(","))
        return made.getvalue()
    return text.encode()


@pytest.mark.parametrize("kind", ["csv", "gz", "utf-16", "xlsx", "parquet"])
def test_a_kept_original_holds_no_address_and_can_still_be_verified(book, kind):
    content = packed(f"customer_code,name,email\nC1,One,{CANARY}\n", kind)
    sha256 = hashlib.sha256(content).hexdigest()
    files.keep(content, sha256, names_persons=True)
    kept = files.read(sha256)
    assert CANARY.encode() not in kept
    if kind == "xlsx":
        import zipfile

        with zipfile.ZipFile(io.BytesIO(kept)) as inside:
            assert all(CANARY.encode() not in inside.read(name) for name in inside.namelist())
    if kind in ("csv", "gz", "utf-16"):
        assert b"C1,One" in kept
    assert files.is_whole(sha256)
    assert KeptFile.objects.filter(sha256=sha256).exists()
    less = files.place(sha256).with_suffix(".kept")
    blob = less.read_bytes()
    less.write_bytes(blob[:-1] + bytes([blob[-1] ^ 1]))
    assert not files.is_whole(sha256)


def test_files_of_an_earlier_version_are_sealed(book):
    content = f"customer_code,name,email\nC9,Nine,{CANARY}\n".encode()
    sha256 = hashlib.sha256(content).hexdigest()
    files.place(sha256).write_bytes(content)
    assert files.seal_existing(frozenset({sha256})) == 1
    assert files.seal_existing(frozenset({sha256})) == 0
    assert not files.place(sha256).exists()
    assert CANARY.encode() not in files.read(sha256)
    assert files.is_whole(sha256)


def test_a_file_kept_whole_before_goes_with_the_import_that_names_persons_and_not_before(book, monkeypatch):
    content = b"customer_code,name,email\nC8,Eight,eight@example.org\n"
    (book / "customers.csv").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    files.keep(content, sha256)
    with monkeypatch.context() as patched:
        patched.setattr("seawall.services.command._conclude", lambda *_args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            commit_import(SYSTEM, [book])
    assert files.content(sha256) == content
    commit_import(SYSTEM, [book])
    assert b"eight@example.org" not in files.content(sha256)
    assert not files.place(sha256).exists()


@pytest.mark.promise("S16")
def test_secrets_are_found_nowhere(book, promise, caplog):
    """Planted canaries: an API token, a password, a sealed secret, an address."""
    caplog.set_level(logging.DEBUG)
    user = User.objects.create(username="can")
    user.set_password("canary-Password-77")
    user.save()
    user.memberships.create(role="administrator")
    token = sign_in.make_token(actor_of(user), name="books", days=3, at=timezone.now())
    sign_in.change_password(actor_of(user), old="canary-Password-77", new="canary-Password-78")
    sealed = seal.seal_text("canary-sftp-secret", purpose="mailbox password")
    errors = []
    for act in (
        lambda: seal.unseal_text(sealed, purpose="other"),
        lambda: sign_in.change_password(actor_of(user), old="canary-Password-7x", new="canary-Password-79"),
        lambda: contacts.add(SYSTEM, "C1", {"email": ""}),
    ):
        with pytest.raises(Exception) as error:
            act()
        errors.append(f"{error.value!r} {vars(error.value)}")
    canaries = [token, "canary-Password-77", "canary-Password-78", "canary-sftp-secret", CANARY]
    places = {
        "kept": everywhere(),
        "logs": caplog.text.encode(),
        "errors": "".join(errors).encode(),
        "sealed": sealed.encode(),
    }
    found = [(word, name) for word in canaries for name, text in places.items() if word.encode() in text]
    assert found == []
    assert Grant("administrator") in actor_of(user).grants
    promise(f"{len(canaries)} canaries in {len(places)} places (tables and files, logs, errors): found 0")


@pytest.mark.promise("S19")
def test_a_log_line_or_an_entry_cannot_be_forged(book, promise):
    """CR, LF, escape codes and their like, in what a stranger sends, stay inside one line of the record."""
    from seawall.services.audit import Search, search

    hostile = ["\r\n2026-01-01 forged", "\x1b[31mred", "\x00", "\u2028line", "\x85next", "\u202eback", "\x9bcsi"]
    forged = 0
    for text in hostile:
        with came_from("web", f"10.0.0.1{text}"):
            contacts.add(Actor.system(), "C1", {"name": f"A{text}B", "role": text})
        entry = search(SYSTEM, Search(), limit=1)[0]
        line = json.dumps(entry.as_json())
        forged += len(line.splitlines()) != 1 or not entry.origin.isprintable() or not line.isprintable()
    assert forged == 0
    promise(f"{len(hostile)} payloads in origin and fields: forged lines 0")


def test_the_house_keeps_no_other_place_for_a_contact():
    """Personal data has one model: no other table has a column of that name but the users' own."""
    from django.apps import apps

    named = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("store").get_models()
        for field in model._meta.get_fields()
        if field.name in ("email", "phone", "mobile", "contact_name")
    }
    assert named == {"User.email"}


@pytest.mark.parametrize("merge", [("C6", "C5"), ("C5", "C6")], ids=["theirs-into-mine", "mine-into-theirs"])
def test_codes_that_were_merged_are_one_customer_to_who_sees_one_entity_of_them(book, merge):
    (book / "items.csv").write_text(
        ITEMS.splitlines()[0] + "\nE1,C5,invoice,I-8,2026-01-20,,CNY,5.00\nE2,C6,invoice,I-9,2026-01-20,,CNY,5.00\n"
    )
    (book / "customers.csv").write_text("customer_code,name\nC5,Five\nC6,Six\n")
    commit_import(SYSTEM, [book])
    made = [contacts.add(SYSTEM, code, {"name": f"of {code}"}) for code in ("C5", "C6")]
    ann = Actor.of("ann", ["collector"], frozenset({"E1"}), user_id=7)
    far = Actor.of("far", ["collector"], frozenset({"E3"}), user_id=8)
    assert [each.name for each in contacts.page(ann, text="C5")[0] + contacts.page(ann, text="C6")[0]] == ["of C5"]
    with pytest.raises(NotFound):
        contacts.one(ann, made[1].contact_id)
    merging.merge(SYSTEM, *merge, on=dt.date(2026, 3, 1), reason="the same company")
    found, count = contacts.page(ann)
    assert {"of C5", "of C6"} <= {each.name for each in found}
    assert count == len(found)
    assert [contacts.one(ann, each.contact_id).name for each in made] == ["of C5", "of C6"]
    assert contacts.page(far) == ([], 0)
    with pytest.raises(NotFound):
        contacts.one(far, made[1].contact_id)


def test_a_field_that_is_too_long_is_named_as_people_call_it(book):
    with pytest.raises(InputError) as refused:
        contacts.add(SYSTEM, "C1", {"name": "x", "phone": "1" * 300})
    assert (refused.value.where.column, refused.value.params["field"]) == ("phone", "Phone")
