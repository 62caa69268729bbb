"""S21, what one request may cost: each thing that could grow without end is stopped by a limit that is named."""

import time

import pytest
from stocked import ON

DAY = {"as_of": ON.isoformat()}
BOMB = "(a+)+$" + "a" * 60 + "!"
"""A pattern that would run for ages where anything took it for one."""


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("/ledger/search/", {"q": "x" * 101}, "at most 100 characters"),
        ("/ledger/customers/", {"q": "x" * 5000}, "at most 100 characters"),
        ("/ledger/contacts/", {"q": "x" * 5000}, "at most 100 characters"),
        ("/ledger/customers/", {"after": "9" * 40}, "not a place in a list"),
        ("/ledger/items/", {"after": "[" * 5000}, ""),
        ("/ledger/ageing/", {"scheme": "/".join(str(day) for day in range(1, 3000))}, ""),
        ("/ledger/ageing/", {"as_of": "9999-12-31"}, "not a day"),
        ("/ledger/items/", {"amount_from": "9" * 400}, ""),
    ],
)  # fmt: skip
def test_a_question_without_measure_is_refused(client_of, path, query, named):
    answer = client_of("boss").get(path, DAY | query)
    assert answer.status_code in (400, 422)
    assert named in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/ledger/items/", "due_from"), ("/ledger/customers/{code}/statement/", "from"), ("/ledger/bank/journal/", "to"),
    ],
)  # fmt: skip
def test_of_a_day_that_is_none_the_begin_is_said(client_of, store, path, name):
    answer = client_of("boss").get(path.format(code=store.customers["customer_code"][0]), DAY | {name: "7" * 150})
    assert answer.status_code == 422
    assert f"{'7' * 40} is not a date" in answer.content.decode()
    assert "7" * 41 + " is" not in answer.content.decode()


def test_a_regular_expression_is_a_text_like_any_other(client_of):
    client = client_of("boss")
    for path, name in (("/ledger/search/", "q"), ("/ledger/customers/", "q"), ("/ledger/items/", "number")):
        plain, bomb = (_seconds(client, path, {name: text}) for text in ("warm", BOMB))
        assert bomb < 3 * plain + 3, path


def _seconds(client, path, query):
    began = time.perf_counter()
    assert client.get(path, DAY | query).status_code == 200
    return time.perf_counter() - began


@pytest.mark.parametrize("limit", [0, -1, 10**6, 10**30, "all"])
def test_a_page_of_the_api_has_a_largest_size(client_of, limit):
    answer = client_of("boss").get("/api/v1/items", DAY | {"limit": limit})
    assert answer.status_code == 422
    assert "limit" in answer.content.decode()


def test_a_form_of_a_million_fields_or_megabytes_is_refused(client_of, store):
    client, code = client_of("boss"), store.customers["customer_code"][0]
    many = {f"f{number}": "x" for number in range(20_000)}
    for sent in (many, {"text": "x" * 30_000_000}):
        assert client.post(f"/ledger/customers/{code}/do/note/", sent).status_code in (400, 413)


DEEP = "[" * 100_000 + "]" * 100_000
ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine lines that are a thousand million where each is written out."""


@pytest.mark.parametrize("text", [DEEP, '{"text": ' * 100_000, '{"text": ' + "9" * 1_000_000 + "}"])
def test_a_body_as_deep_or_as_long_as_one_likes_is_refused(client_of, text):
    client = client_of("boss")
    client.cookies["csrftoken"] = "x" * 32
    answer = client.post("/api/v1/notes", text, content_type="application/json", headers={"x-csrftoken": "x" * 32})
    assert answer.status_code in (400, 422), answer.content[:200]


@pytest.mark.parametrize("text", [ALIASES, "values: " + "[" * 9_000 + "]" * 9_000])
def test_a_policy_that_unfolds_without_end_is_refused_at_once(client_of, text):
    began = time.perf_counter()
    form = {"as": "yaml", "body": text, "reason": "x"}
    answer = client_of("boss").post("/settings/policies/house.dso/edit/?as=yaml", form)
    assert "more than 8 levels are not read" in answer.content.decode()
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 16, "\N{FULLWIDTH DIGIT ONE}", "-1", ""])
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/settings/people/providers/", {"do": "remove", "provider": "{}"}),
        ("/settings/people/by-name/narrow/", {"do": "end_deputy", "deputy_id": "{}"}),
        ("/views/", {"remove": "{}", "page": "customers"}),
        ("/settings/mail/", {"do": "again", "mail_no": "{}"}),
    ],
)
def test_a_number_without_measure_names_no_row(client_of, path, form, number):
    sent = {name: value.replace("{}", number) for name, value in form.items()}
    assert client_of("boss").post(path, sent).status_code in (200, 404, 422)
