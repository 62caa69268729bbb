"""A mapping's text changed by a form: which header each field reads, the rest of the text as it was meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from seawall.exchange.mapping_yaml import parsed
from seawall.exchange.tables import FIELDS

ITEM_FIELDS: Final = (
    "customer_code", "number", "issued_on", "due_on", "currency", "amount", "open_amount", "kind", "side", "entity",
    "terms", "order_number", "contract_number", "description", "shipped_on", "delivered_on", "tax_amount",
    "payment_method",
)  # fmt: skip
CUSTOMER_FIELDS: Final = tuple(name for name in FIELDS["customers"] if name != "customer_code")
NEEDED: Final = ("customer_code", "number", "issued_on", "amount")


def fields_of(text: str) -> dict[str, str]:
    """Field → the header it reads first; fields of customers as ``customers.name``. Other rules give nothing.

    Raises:
        MappingInvalid: the text is no mapping.
    """
    root, _ = parsed(text.encode(), "mapping.yaml")
    said = {name: _header(rule) for name, rule in _section(root, "items").items()}
    said |= {f"customers.{name}": _header(rule) for name, rule in _section(root, "customers").items()}
    return {name: header for name, header in said.items() if header}


def with_fields(text: str, chosen: Mapping[str, str]) -> str:
    """The text with these fields reading these headers; an empty one leaves the field out.

    Raises:
        MappingInvalid: the text is no mapping.
    """
    root, _ = parsed(text.encode(), "mapping.yaml")
    before = fields_of(text)
    for name, header in chosen.items():
        if header == before.get(name, ""):
            continue
        table, _dot, field = name.rpartition(".")
        section = root.setdefault(table or "items", {})
        _set(section, field, header)
    if _section(root, "customers"):
        root["customers"].setdefault("customer_code", _section(root, "items").get("customer_code", ""))
    changed: str = yaml.safe_dump(root, allow_unicode=True, sort_keys=False, width=120)
    return changed


def _section(root: dict[str, Any], name: str) -> dict[str, Any]:
    section = root.get(name)
    return section if isinstance(section, dict) else {}


def _header(rule: Any) -> str:
    said = rule.get("from") if isinstance(rule, dict) else rule
    first = said[0] if isinstance(said, list) and said else said
    return first if isinstance(first, str) else ""


def _set(section: dict[str, Any], field: str, header: str) -> None:
    rule = section.get(field)
    if not header:
        section.pop(field, None)
    elif isinstance(rule, dict) and "from" in rule:
        section[field] = {**rule, "from": header}
    else:
        section[field] = header
