"""A ledger written as the canonical ledger files: the way back from dense ids to codes, numbers and decimals."""

from __future__ import annotations

import polars as pl

from seawall.engine.kernel.money import exponent
from seawall.engine.ledger.items import Ledger


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
    debit, credit = (labels[ledger.allocations[f"{side}_id"].to_numpy()] for side in ("debit", "credit"))
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
        ),
        "allocations": debit.select("entity", "customer_code", debit_number="number").with_columns(
            credit["number"].alias("credit_number"), ledger.allocations["allocated_on"],
            _decimal(ledger.allocations["amount_minor"], debit["places"]).alias("amount"),
        ),
        "instalments": at["instalments"].select("entity", "number").with_columns(
            ledger.instalments["due_on"],
            _decimal(ledger.instalments["amount_minor"], at["instalments"]["places"]).alias("amount"),
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
