"""The customers of an invented ledger: who they are, how much they buy, how they pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.money import EXPONENTS, exponent
from seawall.engine.ledger.items import ACCOUNTS, CUSTOMERS

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

PLACES = {
    "CN": ("CNY", 0.72), "DE": ("EUR", 0.06), "FR": ("EUR", 0.04), "IT": ("EUR", 0.03), "US": ("USD", 0.06),
    "GB": ("GBP", 0.03), "JP": ("JPY", 0.02), "SG": ("USD", 0.02), "BR": ("USD", 0.02),
}  # fmt: skip
"""Countries with the currency invoiced in and their share of customers."""
WORTH = {"CNY": 1.0, "EUR": 0.13, "USD": 0.14, "GBP": 0.11, "JPY": 20.0}
"""Roughly how many units of a currency buy what one yuan does: amounts differ by it."""
SECTORS = ("machinery", "electronics", "chemicals", "textiles", "food", "building", "retail", "logistics")
HABITS = ((-18.0, 3.0), (-9.0, 5.0), (6.0, 8.0), (30.0, 15.0))
"""Usual delay past the due day, before the wait for the next payment day, and its spread: early to slow."""
HABIT_SHARES = (0.25, 0.4, 0.25, 0.1)
TERMS = (0, 15, 30, 45, 60, 90)
TERM_SHARES = (0.03, 0.07, 0.4, 0.15, 0.25, 0.1)
CYCLES = (7, 14, 30, 30)
"""Days between the payment days of a customer."""
DRIFTS, GROUPED, SECOND = 0.15, 0.08, 0.1
"""Shares of customers whose habit drifts, that belong to another one, that buy from a second entity of ours."""

CITIES = (
    "上海", "北京", "深圳", "广州", "杭州", "苏州", "南京", "成都", "武汉", "重庆", "天津", "青岛", "宁波", "无锡",
    "长沙", "郑州", "济南", "合肥", "佛山", "东莞", "厦门", "福州", "西安", "沈阳", "大连", "昆明", "南昌", "温州",
)  # fmt: skip
HAN = tuple("华盛恒瑞宏泰鑫达通源安福隆昌兴博远景明德嘉和信诚天海星辰凯利丰联创新世康宝")
TRADES = ("机械", "电子科技", "化工", "纺织", "食品", "建材", "商贸", "物流", "精密制造", "新材料")
STEMS = (
    "Alder", "Bergmann", "Corvi", "Delmare", "Eastgate", "Falken", "Granit", "Halden", "Ibex", "Juno", "Kestrel",
    "Linden", "Marlow", "Norden", "Orion", "Pallas", "Quarz", "Riva", "Solano", "Tarn", "Umbra",
    "Vela", "Weiland", "Zephyr",
)  # fmt: skip
MIDDLES = (
    "Technik",
    "Trading",
    "Components",
    "Foods",
    "Systems",
    "Textiles",
    "Materials",
    "Logistics",
    "Tools",
    "Retail",
)
FORMS = {
    "DE": "GmbH", "FR": "SARL", "IT": "S.p.A.", "US": "Inc.", "GB": "Ltd", "JP": "K.K.",
    "SG": "Pte. Ltd.", "BR": "Ltda.",
}  # fmt: skip


@dataclass(frozen=True)
class Population:
    """Customers by number (row of ``customers``) and their accounts by number (row of ``accounts``)."""

    customers: pl.DataFrame
    accounts: pl.DataFrame
    weight: Floats
    log_amount: Floats
    terms: Ids
    delay: Floats
    spread: Floats
    drift: Floats
    cycle_days: Ids
    first_account: Ids
    has_second: NDArray[np.bool_]
    account_customer: Ids
    account_scale: Floats
    account_vat: Floats
    second_rate: float = 0.3

    @property
    def count(self) -> int:
        return len(self.weight)


def population(rng: np.random.Generator, count: int, home: str) -> Population:
    """``count`` customers; those in China are invoiced in ``home``, without decimals lost where it has none."""
    customers = _customers(rng, count)
    country = customers["country"].to_numpy()
    has_second = rng.random(count) < SECOND
    accounts = _accounts(customers, has_second, home)
    owner = accounts["customer_id"].to_numpy().astype(np.int64)
    size = rng.lognormal(0, 1.1, count)
    habit = rng.choice(len(HABITS), count, p=HABIT_SHARES)
    delay, spread = np.asarray(HABITS)[habit].T
    currencies = accounts["currency"].to_list()
    return Population(
        customers=customers,
        accounts=accounts,
        weight=size / size.sum(),
        log_amount=np.log(8000) + 0.4 * np.log(size) + rng.normal(0, 0.5, count),
        terms=rng.choice(TERMS, count, p=TERM_SHARES),
        delay=delay + rng.normal(0, 2, count),
        spread=spread,
        drift=np.where(rng.random(count) < DRIFTS, rng.uniform(-10, 40, count), 0.0),
        cycle_days=rng.choice(CYCLES, count),
        first_account=np.searchsorted(owner, np.arange(count)),
        has_second=has_second,
        account_customer=owner,
        account_scale=np.array([WORTH.get(code, 1.0) * 10.0 ** exponent(code) for code in currencies]),
        account_vat=np.where(country[owner] == "CN", 0.13, 0.0),
    )


def _customers(rng: np.random.Generator, count: int) -> pl.DataFrame:
    shares = np.array([share for _, share in PLACES.values()])
    country = np.array(list(PLACES))[rng.choice(len(PLACES), count, p=shares / shares.sum())]
    code = [f"{100001 + k:06d}" for k in range(count)]
    parent = _parents(rng, count)
    frame = pl.DataFrame({
        "customer_code": code,
        "name": _names(rng, country),
        "country": country.tolist(),
        "sector": np.array(SECTORS)[rng.choice(len(SECTORS), count)].tolist(),
        "parent_code": [code[k] if k >= 0 else None for k in parent.tolist()],
        "group_code": [code[k] if k >= 0 else code[at] for at, k in enumerate(parent.tolist())],
        "language": np.where(country == "CN", "zh-Hans", "en").tolist(),
    }, schema_overrides={"parent_code": pl.String})  # fmt: skip
    ordered = frame.sort("group_code", "customer_code")
    ids = pl.Series("customer_id", np.arange(count), dtype=pl.Int32)
    return CUSTOMERS.check(ordered.select(ids, *ordered.columns))


def _parents(rng: np.random.Generator, count: int) -> Ids:
    """By customer: the number of its parent, or -1; parents have no parent themselves."""
    child = rng.random(count) < GROUPED
    roots = np.flatnonzero(~child)
    if not len(roots):
        return np.full(count, -1, dtype=np.int64)
    return np.where(child, rng.choice(roots, count), -1)


def _names(rng: np.random.Generator, country: NDArray[np.str_]) -> list[str]:
    count = len(country)
    picks = [rng.integers(0, len(words), count).tolist() for words in (CITIES, HAN, HAN, TRADES, STEMS, STEMS, MIDDLES)]
    return [
        f"{CITIES[c]}{HAN[a]}{HAN[b]}{TRADES[t]}有限公司"
        if place == "CN"
        else f"{STEMS[s]} {STEMS[r]} {MIDDLES[m]} {FORMS[place]}"
        for place, c, a, b, t, s, r, m in zip(country.tolist(), *picks, strict=True)
    ]


def _accounts(customers: pl.DataFrame, has_second: NDArray[np.bool_], home: str) -> pl.DataFrame:
    """One account a customer with the entity of its region, and a second with the trading company for some."""
    currency = {place: home if place == "CN" else code for place, (code, _) in PLACES.items()}
    currency = {place: code if code in EXPONENTS else home for place, code in currency.items()}
    first = customers.select(
        "customer_id",
        entity=pl.when(pl.col("country") == "CN").then(pl.lit("CN01")).otherwise(pl.lit("EX01")),
        currency=pl.col("country").replace_strict(currency),
    )
    second = first.filter(pl.Series(has_second)).with_columns(entity=pl.lit("TR01"))
    both = pl.concat([first, second]).sort("customer_id", "entity", "currency")
    ids = pl.Series("account_id", np.arange(both.height), dtype=pl.Int32)
    return ACCOUNTS.check(both.select(ids, *both.columns))
