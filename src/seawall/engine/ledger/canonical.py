"""A ledger written as the canonical ledger files: the way back from dense ids to codes, numbers and decimals."""

from __future__ import annotations

import numpy as np
import polars as pl

from seawall.engine.kernel.money import exponent
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.marks import BILL_ENDED, RETENTION


def canonical(ledger: Ledger) -> dict[str, pl.DataFrame]:
    """The ledger as canonical text tables, by file name without extension: what an import reads.

    Amounts are decimal texts with the currency's decimals. Items need their numbers.
    """
    accounts = ledger.accounts.join(
        ledger.customers.select("customer_id", "customer_code"), on="customer_id", maintain_order="left"
    )
    places = accounts["currency"].replace_strict({code: exponent(code) for code in ledger.currencies})
    owner = ledger.items["account_id"]
    labels = ledger.items.lazy().select(
        pl.col("item_id"), pl.col("number"),
        *(pl.lit(accounts[name].gather(owner)).alias(name) for name in ("entity", "customer_code", "currency")),
        places=pl.lit(places.gather(owner)),
    ).collect()  # fmt: skip
    items = ledger.items.select("kind", "issued_on", "due_on", "amount_minor", "tax_minor", "payment_method")
    settled = _allocations(ledger)
    debit, credit = (labels[settled[f"{side}_id"].to_numpy()] for side in ("debit", "credit"))
    at = {name: labels[getattr(ledger, name)["item_id"].to_numpy()] for name in ("instalments", "disputes")}
    control_places = pl.Series([exponent(code) for code in ledger.control["currency"]], dtype=pl.Int32)
    return {
        "customers": ledger.customers.select(
            "customer_code", "name", "country", "sector", "parent_code", "language"
        ),
        "items": labels.select("entity", "customer_code", items["kind"].cast(pl.String), "number").with_columns(
            items["issued_on"], items["due_on"], labels["currency"],
            _decimal(items["amount_minor"], labels["places"]).alias("amount"),
            _decimal(items["tax_minor"], labels["places"]).alias("tax_amount"), items["payment_method"],
        ).filter(_not_of_bills(ledger)),
        "allocations": debit.select("entity", "customer_code", debit_number="number").with_columns(
            credit["number"].alias("credit_number"), settled["allocated_on"],
            _decimal(settled["amount_minor"], debit["places"]).alias("amount"),
        ),
        "instalments": at["instalments"].select("entity", "number").with_columns(
            ledger.instalments["due_on"],
            _decimal(ledger.instalments["amount_minor"], at["instalments"]["places"]).alias("amount"),
            *_marks(ledger.instalments),
        ),
        "disputes": at["disputes"].select("entity", "number").with_columns(
            ledger.disputes["opened_on"], ledger.disputes["closed_on"],
            _decimal(ledger.disputes["amount_minor"], at["disputes"]["places"]).alias("amount"),
            ledger.disputes["reason"],
        ),
        "balances": ledger.control.select(
            "entity", "account", "currency", "on",
            amount=_decimal(ledger.control["amount_minor"], control_places),
        ),
        **(_bills(ledger, labels) if ledger.bills.height else {}),
    }  # fmt: skip


def _not_of_bills(ledger: Ledger) -> pl.Series:
    """Items that stand in the file of items: neither a bill nor the refund of one that ended."""
    is_bill = np.zeros(ledger.items.height, dtype=bool)
    is_bill[ledger.bills["item_id"].to_numpy()] = True
    ended = (ledger.items["payment_method"] == BILL_ENDED).fill_null(value=False)
    return ~(pl.Series(is_bill, dtype=pl.Boolean) | ended)


def _allocations(ledger: Ledger) -> pl.DataFrame:
    """Allocations as they were made: without what ended bills take back, which follows from their events."""
    if ledger.bills.is_empty():
        return ledger.allocations
    refunds = ledger.items.filter(pl.col("payment_method") == BILL_ENDED)["item_id"]
    return ledger.allocations.filter(pl.col("amount_minor") > 0, ~pl.col("debit_id").is_in(refunds.implode()))


def _marks(instalments: pl.DataFrame) -> list[pl.Series]:
    """The column of marks, where there is any."""
    held = instalments["is_retention"].fill_null(value=False)
    return [pl.select(pl.when(held).then(pl.lit(RETENTION)).alias("mark")).to_series()] if held.any() else []


def _bills(ledger: Ledger, labels: pl.DataFrame) -> dict[str, pl.DataFrame]:
    ids, of_events = ledger.bills["item_id"].to_numpy(), ledger.bill_events["item_id"].to_numpy()
    bills, items = labels[ids], ledger.items[ids]
    return {
        "bills": bills.select("entity", "customer_code", bill_number="number").with_columns(
            ledger.bills["bill_kind"].cast(pl.String).alias("kind"),
            *ledger.bills.select("drawer", "acceptor", "acceptor_code").get_columns(), bills["currency"],
            _decimal(items["amount_minor"], bills["places"]).alias("amount"),
            ledger.bills["drawn_on"].alias("issued_on"), items["issued_on"].alias("received_on"),
            ledger.bills["matures_on"],
        ),
        "bill_events": labels[of_events].select("entity", bill_number="number").with_columns(
            ledger.bill_events["event"].cast(pl.String), *ledger.bill_events.select("on", "counterparty", "note"),
        ),
    }  # fmt: skip


def _decimal(minor: pl.Series, places: pl.Series) -> pl.Series:
    """Minor units as decimal text, by the number of decimals in each row."""
    frame = pl.DataFrame({"minor": minor, "places": places.cast(pl.Int32)})
    text = pl.lit("")
    for count in sorted(set(places.unique().to_list())):
        digits = pl.col("minor").abs().cast(pl.String).str.zfill(count + 1)
        whole = digits.str.head(-count) + "." + digits.str.tail(count) if count else digits
        text = pl.when(pl.col("places") == count).then(whole).otherwise(text)
    sign = pl.when(pl.col("minor") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return frame.select(sign + text).to_series()
