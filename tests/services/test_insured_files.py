"""Insured limits, events under a policy and claims from ledger files: what is taken, and what each bad row is told."""

import datetime as dt

import polars as pl
import pytest
from ledger_text import ITEMS, loaded, refused, written

from seawall.engine.kernel.errors import FileRejected
from seawall.engine.ledger.insured_facts import INSURED_TABLES, LIMIT_KINDS
from seawall.engine.ledger.rejects import sentences
from seawall.exchange import limits
from seawall.services.files import RowsRejected, load

LIMIT_HEAD = (
    "customer_code,policy,layer,kind,amount,currency,payment_method,max_term_days,insured_rate,bank,decided_on,"
    "effective_from,expires_on,notice_days,conditions\n"
)
EVENT_HEAD = "customer_code,policy,item_number,event,on,detail\n"
CLAIM_HEAD = "customer_code,policy,date_of_loss,cause,paid_on,indemnity,aggregate_first_loss_used\n"
GOOD_LIMIT = "007,P,,approved,300000,CNY,,90,0.9,,2025-01-01,,,,\n"
POLICY = "policy: P\ntitle: Ours\ncurrency: CNY\n"


def day(text):
    return dt.date.fromisoformat(text)


def taken(folder, policies=None, **tables):
    if policies:
        (folder / "policies").mkdir(parents=True)
        for name, text in policies.items():
            (folder / "policies" / name).write_text(text, encoding="utf-8")
    return loaded(folder, items=ITEMS, **tables)


def codes(folder, **tables):
    """What is refused: row, column, code."""
    return refused(folder, items=ITEMS, **tables)


def test_a_limit_with_its_history_and_layers(tmp_path):
    rows = (
        "007,P,,requested,400000,CNY,,,,,2024-12-20,,,,\n"
        "007,P,,approved,300000,CNY,OA,90,0.9,,2025-01-01,2025-01-02,2025-12-31,,no retention of title\n"
        "007,P,2,temporary,50000.50,cny,,,,,2025-02-01,,2025-04-30,,\n"
        "007,P,1,reduced,200000,CNY,,,,,2025-04-01,,,30,\n"
        "007,P,1,Cancelled,,,,,,,2025-09-01,,,,\n"
        "007,P,lc-7,lc,1000,JPY,,,0.8,Bank of Somewhere,2025-01-01,,,,\n"
    )
    limit = taken(tmp_path, insured_limits=LIMIT_HEAD + rows).insured.check().limits
    assert limit.select("layer", "kind", "amount_minor", "currency", "effective_from", "expires_on").rows() == [
        ("1", "requested", 400_000_00, "CNY", None, None),
        ("1", "approved", 300_000_00, "CNY", day("2025-01-02"), day("2025-12-31")),
        ("2", "temporary", 50_000_50, "CNY", None, day("2025-04-30")),
        ("1", "reduced", 200_000_00, "CNY", day("2025-05-01"), None),
        ("1", "cancelled", None, None, None, None),
        ("lc-7", "lc", 1_000, "JPY", None, None),
    ]
    assert limit.row(1, named=True) | {} == {
        "entity": None, "customer_code": "007", "policy": "P", "layer": "1", "kind": "approved",
        "amount_minor": 300_000_00, "currency": "CNY", "payment_method": "oa", "max_term_days": 90,
        "insured_rate": 0.9, "bank": None, "decided_on": day("2025-01-01"), "effective_from": day("2025-01-02"),
        "expires_on": day("2025-12-31"), "notice_days": None, "conditions": "no retention of title",
        "source_file": "insured_limits.csv", "source_row": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("007,P,,named,1,CNY,,,,,2025-01-01,,,,", "kind", "limit_kind"),
        ("007,P,,approved,,CNY,,,,,2025-01-01,,,,", "amount", "limit_amount"),
        ("007,P,,reduced,0,CNY,,,,,2025-01-01,,,,", "amount", "limit_amount"),
        ("007,P,,approved,-5,CNY,,,,,2025-01-01,,,,", "amount", "negative"),
        ("007,P,,approved,5,,,,,,2025-01-01,,,,", "currency", "empty"),
        ("007,P,,approved,5,XXX,,,,,2025-01-01,,,,", "currency", "currency"),
        ("007,P,,approved,5.123,CNY,,,,,2025-01-01,,,,", "amount", "decimals"),
        ("007,P,,approved,5.1,JPY,,,,,2025-01-01,,,,", "amount", "decimals"),
        ("007,P,,approved,5,CNY,,,90,,2025-01-01,,,,", "insured_rate", "share"),
        ("007,P,,approved,5,CNY,,,1.0001,,2025-01-01,,,,", "insured_rate", "share"),
        ("007,P,,approved,5,CNY,,,0,,2025-01-01,,,,", "insured_rate", "share"),
        ("007,P,,approved,5,CNY,,,nan,,2025-01-01,,,,", "insured_rate", "share"),
        ("007,P,,approved,5,CNY,,ninety,,,2025-01-01,,,,", "max_term_days", "count"),
        ("008,P,,approved,5,CNY,,,,,2025-01-01,,,,", "customer_code", "unknown_customer"),
        ("007,,,approved,5,CNY,,,,,2025-01-01,,,,", "policy", "empty"),
        ("007,P,,approved,5,CNY,,,,,2025-02-30,,,,", "decided_on", "date"),
        ("007,P,,approved,5,CNY,,,,,2025-02-01,2025-03-01,2025-02-28,,", "expires_on", "limit_days"),
        ("007,P,,approved,5,CNY,,,,,2025-02-01,,2025-01-31,,", "expires_on", "limit_days"),
        ("007,P,,reduced,5,CNY,,,,,2025-02-01,2025-01-31,,,", "effective_from", "limit_backdated"),
        ("007,P,,temporary,5,CNY,,,,,2025-02-01,,,,", "expires_on", "limit_temporary"),
        ("007,P,,lc,5,CNY,,,,,2025-02-01,,,,", "bank", "limit_bank"),
    ],
)
def test_a_bad_decision_is_refused_by_its_row_and_the_good_ones_are_taken(tmp_path, row, column, code):
    customers = "customer_code,name\n007,Seven\n"
    tables = {"customers": customers, "insured_limits": LIMIT_HEAD + GOOD_LIMIT + row + "\n"}
    assert codes(tmp_path, **tables) == [(2, column, code)]
    kept = load([tmp_path], accept_rejects=True).insured.limits
    assert kept["source_row"].to_list() == [1]


def test_a_grant_may_count_from_before_it_was_decided(tmp_path):
    row = "007,P,,approved,5,CNY,,,,,2025-02-01,2025-01-15,,,\n"
    assert taken(tmp_path, insured_limits=LIMIT_HEAD + row).insured.limits["effective_from"][0] == day("2025-01-15")


def test_two_decisions_of_one_kind_and_day_need_two_layers(tmp_path):
    other = GOOD_LIMIT.replace("300000", "400000")
    assert codes(tmp_path, insured_limits=LIMIT_HEAD + GOOD_LIMIT + other) == [
        (1, "customer_code", "duplicate_limit"), (2, "customer_code", "duplicate_limit"),
    ]  # fmt: skip
    assert codes(tmp_path, insured_limits=LIMIT_HEAD + GOOD_LIMIT + GOOD_LIMIT) == [
        (2, "customer_code", "duplicate_limit")
    ]
    layered = GOOD_LIMIT.replace("007,P,,", "007,P,2,")
    assert taken(tmp_path, insured_limits=LIMIT_HEAD + GOOD_LIMIT + layered).insured.limits.height == 2


def test_events_carry_what_their_detail_says(tmp_path):
    rows = (
        "007,P,I-1,extension agreed,2025-02-01,new due day 2025-03-31 as agreed by mail\n"
        "007,P,,Hand-over,2025-05-01,\n"
        ",P,,declaration,2025-03-05,2025-02\n"
        "007,P,I-1,arbitration_result,2025-06-01,WON: the debt stands\n"
    )
    events = taken(tmp_path, insurance_events=EVENT_HEAD + rows).insured.check().events
    assert events.select("customer_code", "item_number", "event", "until_on", "outcome").rows() == [
        ("007", "I-1", "extension_agreed", day("2025-03-31"), None),
        ("007", None, "hand_over", None, None),
        (None, None, "declaration", None, None),
        ("007", "I-1", "arbitration_result", None, "won"),
    ]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("007,P,,forgotten,2025-02-01,", "event", "insurance_event"),
        (",P,,insolvency,2025-02-01,", "customer_code", "empty"),
        ("008,P,,insolvency,2025-02-01,", "customer_code", "unknown_customer"),
        ("007,P,I-9,overdue_notified,2025-02-01,", "item_number", "unknown_item"),
        ("007,P,R-1,overdue_notified,2025-02-01,", "item_number", "unknown_item"),
        ("009,P,I-1,overdue_notified,2025-02-01,", "customer_code", "other_customer"),
        ("007,P,I-1,extension_agreed,2025-02-01,until spring", "detail", "event_until"),
        ("007,P,I-1,extension_agreed,2025-02-01,2025-02-31", "detail", "event_until"),
        ("007,P,I-1,arbitration_result,2025-02-01,wonderful", "detail", "event_outcome"),
        ("007,P,,letter_of_credit,2025-02-01,Bank of X", "item_number", "empty"),
        ("007,P,I-1,letter_of_credit,2025-02-01,", "detail", "empty"),
        ("007,P,I-1,overdue_notified,,", "on", "empty"),
    ],
)
def test_a_bad_event_is_refused_by_its_row(tmp_path, row, column, code):
    customers = "customer_code\n007\n009\n"
    rows = EVENT_HEAD + "007,P,,adverse_information,2025-02-01,asks for time\n" + row + "\n"
    assert codes(tmp_path, insurance_events=rows, customers=customers) == [(2, column, code)]


def test_the_same_event_twice_is_refused_and_two_of_a_day_that_differ_are_two(tmp_path):
    one, other = (f"007,P,,adverse_information,2025-02-01,{text}\n" for text in ("unpaid bill", "goods refused"))
    assert codes(tmp_path, insurance_events=EVENT_HEAD + one + one) == [(2, "event", "duplicate_event")]
    assert taken(tmp_path, insurance_events=EVENT_HEAD + one + other).insured.events.height == 2


CLAIM = "007,P,2025-05-01,insolvency,2025-08-01,216500.00,8000\n"


@pytest.mark.parametrize("said", ["policy", "limits", "column"])
def test_claims_are_in_the_currency_of_their_policy(tmp_path, said):
    head, row = (CLAIM_HEAD, CLAIM)
    if said == "column":
        head, row = CLAIM_HEAD.replace("\n", ",currency\n"), CLAIM.replace("\n", ",CNY\n")
    files = taken(
        tmp_path,
        policies={"ours.yaml": POLICY} if said == "policy" else None,
        claims=head + row,
        **({"insured_limits": LIMIT_HEAD + GOOD_LIMIT} if said == "limits" else {}),
    )
    kept = files.insured.check().claims
    assert kept.select("currency", "indemnity_minor", "aggregate_first_loss_used_minor").rows() == [
        ("CNY", 216_500_00, 8_000_00)
    ]
    assert [each.name for each in files.policy_texts] == (["policies/ours.yaml"] if said == "policy" else [])


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("007,Q,2025-05-01,insolvency,2025-08-01,1,", "currency", "claim_currency"),
        ("007,P,2025-05-01,bad luck,2025-08-01,1,", "cause", "cause"),
        ("007,P,2025-05-01,insolvency,2025-04-30,1,", "paid_on", "claim_days"),
        ("007,P,2025-05-01,insolvency,2025-08-01,,", "indemnity", "empty"),
        ("007,P,2025-05-01,insolvency,2025-08-01,-1,", "indemnity", "negative"),
        ("007,P,2025-05-01,insolvency,2025-08-01,1.234,", "indemnity", "decimals"),
        ("007,P,2025-05-01,insolvency,2025-08-01,1,-1", "aggregate_first_loss_used", "negative"),
        ("008,P,2025-05-01,insolvency,2025-08-01,1,", "customer_code", "unknown_customer"),
        (CLAIM.strip(), "customer_code", "duplicate_claim"),
    ],
)
def test_a_bad_claim_is_refused_by_its_row(tmp_path, row, column, code):
    taken(tmp_path, policies={"ours.yaml": POLICY})
    customers = "customer_code,name\n007,Seven\n"
    assert codes(tmp_path, customers=customers, claims=CLAIM_HEAD + CLAIM + row + "\n") == [(2, column, code)]


def test_a_claim_in_another_currency_than_its_policy_is_refused(tmp_path):
    taken(tmp_path, policies={"ours.yaml": POLICY})
    head = CLAIM_HEAD.replace("\n", ",currency\n")
    assert codes(tmp_path, claims=head + CLAIM.replace("\n", ",USD\n")) == [(1, "currency", "policy_currency")]


def test_a_claim_that_is_not_paid_yet_is_zero(tmp_path):
    files = taken(tmp_path, policies={"ours.yaml": POLICY}, claims=CLAIM_HEAD + "007,P,2025-05-01,political,,,\n")
    assert files.insured.claims.select("paid_on", "indemnity_minor", "aggregate_first_loss_used_minor").rows() == [
        (None, 0, 0)
    ]


RECOVERY_HEAD = "customer_code,policy,date_of_loss,cause,received_on,received_by,amount,costs\n"
RECOVERY = "007,P,2025-05-01,insolvency,2026-03-01,us,46000,4000\n"


def test_a_recovery_is_on_a_claim_and_in_the_currency_of_its_policy(tmp_path):
    files = taken(tmp_path, policies={"ours.yaml": POLICY}, claim_recoveries=RECOVERY_HEAD + RECOVERY)
    kept = files.insured.check().recoveries
    assert kept.select("currency", "amount_minor", "costs_minor", "received_by").rows() == [
        ("CNY", 46_000_00, 4_000_00, "us")
    ]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("007,P,2025-05-01,insolvency,2025-04-30,us,1,", "received_on", "recovery_days"),
        ("007,P,2025-05-01,insolvency,2026-03-01,us,1,2", "costs", "recovery_costs"),
        ("007,P,2025-05-01,insolvency,2026-03-01,them,1,", "received_by", "receiver"),
        (RECOVERY.strip(), "customer_code", "duplicate_recovery"),
    ],
)
def test_a_bad_recovery_is_refused_by_its_row(tmp_path, row, column, code):
    taken(tmp_path, policies={"ours.yaml": POLICY})
    assert codes(tmp_path, claim_recoveries=RECOVERY_HEAD + RECOVERY + row + "\n") == [(2, column, code)]


def test_limits_in_another_currency_than_their_policy_do_not_say_what_a_claim_is_in(tmp_path):
    euro = GOOD_LIMIT.replace("CNY", "EUR")
    head = CLAIM_HEAD.replace("\n", ",currency\n")
    files = taken(tmp_path, insured_limits=LIMIT_HEAD + euro, claims=head + CLAIM.replace("\n", ",USD\n"))
    assert files.insured.claims["currency"].to_list() == ["USD"]


def test_workbook_and_parquet_say_the_same(tmp_path):
    tables = {
        "insured_limits": LIMIT_HEAD + GOOD_LIMIT, "insurance_events": EVENT_HEAD + "007,P,I-1,insolvency,2025-05-01,\n",
        "claims": CLAIM_HEAD + CLAIM,
    }  # fmt: skip
    plain = taken(tmp_path / "csv", **tables).insured
    frames = {name: pl.read_csv(text.encode(), infer_schema=False) for name, text in {"items": ITEMS, **tables}.items()}
    book = tmp_path / "book.xlsx"
    import xlsxwriter

    with xlsxwriter.Workbook(book) as workbook:
        for name, frame in frames.items():
            frame.write_excel(workbook, worksheet=name)
    (tmp_path / "parquet").mkdir()
    for name, frame in frames.items():
        frame.write_parquet(tmp_path / "parquet" / f"{name}.parquet")
    for path in (book, tmp_path / "parquet"):
        other = load([path]).insured
        for name in ("limits", "events", "claims"):
            left, right = (getattr(each, name).drop("source_file") for each in (plain, other))
            assert left.equals(right)


def test_files_without_them_have_none(tmp_path):
    assert taken(tmp_path).insured.check().is_empty


def test_a_policy_file_that_is_no_text_is_refused(tmp_path):
    folder = written(tmp_path, {"items": ITEMS})
    place = folder / "policies"
    place.mkdir()
    (place / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileRejected, match="is not UTF-8 text"):
        load([folder])
    (place / "a.yaml").write_bytes(b"x" * (limits.POLICY_BYTES + 1))
    with pytest.raises(FileRejected, match="is larger than"):
        load([folder])
    (place / "a.yaml").unlink()
    (tmp_path / "outside.yaml").write_text("policy: secret\n")
    (place / "b.yaml").symlink_to(tmp_path / "outside.yaml")
    if not (tmp_path / "outside.yaml").resolve().is_relative_to(place.resolve()):
        with pytest.raises(FileRejected, match="leads out of its folder"):
            load([folder])


def test_sentences_are_whole(tmp_path):
    with pytest.raises(RowsRejected) as told:
        taken(tmp_path, insured_limits=LIMIT_HEAD + "007,P,,named,1,CNY,,,90,,2025-01-01,,,,\n")
    kind, share = sorted(sentences(told.value.rejects), reverse=True)
    assert kind == f"Unknown kind of decision named: use {', '.join(LIMIT_KINDS)}."
    assert share == "90 is not a share: write 0.9 for 90 %, above zero and at most 1."


def test_the_tables_are_declared_whole():
    assert {name: table.empty().height for name, table in INSURED_TABLES.items()} == {
        "insured_limits": 0, "insurance_events": 0, "claims": 0, "claim_recoveries": 0, "claim_steps": 0,
    }  # fmt: skip


def test_rows_of_a_policy_without_a_file_and_cuts_that_raise_are_remarked_and_taken(tmp_path):
    rows = GOOD_LIMIT + "007,Q,,approved,5,CNY,,,,,2025-01-01,,,,\n007,P,,reduced,400000,CNY,,,,,2025-02-01,,,,\n"
    files = taken(tmp_path, policies={"ours.yaml": POLICY}, insured_limits=LIMIT_HEAD + rows)
    said = {each.code: each.params for each in files.remarks}
    assert said["unknown_policy"] == {"count": 1, "value": "Q"}
    assert said["limit_raised"] == {"count": 1, "value": "007"}
    assert files.insured.limits.height == 3
    alone = taken(tmp_path / "alone", insured_limits=LIMIT_HEAD + GOOD_LIMIT)
    assert not {"unknown_policy", "limit_raised"} & {each.code for each in alone.remarks}
