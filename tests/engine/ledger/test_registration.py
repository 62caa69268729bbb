"""Registration numbers: published examples, every single wrong digit, and real LEIs."""

import csv
import gzip
import os
from pathlib import Path

import pytest

from seawall.engine.ledger.registration import kind_of, passes
from seawall.exchange.intake import read_sources
from seawall.exchange.sources import whole

REAL = Path(os.environ.get("SEAWALL_DATA", "")) / "names" / "gleif_lei_names.csv.gz"
GOOD = [
    ("213800KUD8LAJWSQ9D15", "GB", "lei"), ("91110000600037341L", "CN", "uscc"), ("DE136695976", "DE", "vat"),
    ("DE 136 695 976", "DE", "vat"), ("EL094259216", "GR", "vat"), ("ATU13585627", "AT", "vat"), ("FR40303265045", None, "vat"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "country", "kind"), GOOD)
def test_published_examples_pass(number, country, kind):
    assert (kind_of(number, country), passes(number, country)) == (kind, True)


@pytest.mark.parametrize(("number", "country"), [(number, country) for number, country, _ in GOOD[:4]])
def test_one_wrong_digit_is_found(number, country):
    for place, sign in enumerate(number):
        if sign.isdigit() and place > 1:
            wrong = number[:place] + str((int(sign) + 1) % 10) + number[place + 1 :]
            assert not passes(wrong, country), wrong


@pytest.mark.parametrize(
    ("number", "country"), [("HRB 12345", "DE"), ("12345678", "GB"), ("DE136695977", "CN"), ("", "CN"), ("ROSE", None)]
)
def test_a_number_of_no_plain_kind_is_left_alone(number, country):
    assert passes(number, country)


def test_an_import_says_which_numbers_do_not_pass_and_takes_the_rows():
    text = "customer_code,name,country,registration_id\nC1,A,CN,91110000600037341L\nC2,B,CN,91110000600037342L\nC3,C,DE,DE136695977\n"
    read = read_sources([whole("customers.csv", [text.encode()])])
    assert read.tables.customers.height == 3
    said = [remark.params for remark in read.remarks if remark.code == "registration_id"]
    assert said == [{"count": 2, "value": "91110000600037342L", "row": 2}]


@pytest.mark.skipif(not REAL.is_file(), reason="set SEAWALL_DATA to a folder with names/gleif_lei_names.csv.gz")
def test_real_leis_pass():
    with gzip.open(REAL, "rt", encoding="utf-8", newline="") as file:
        codes = [row["lei"] for row in csv.DictReader(file)]
    assert len(codes) > 1000
    assert [code for code in codes if kind_of(code, None) != "lei" or not passes(code, None)] == []
