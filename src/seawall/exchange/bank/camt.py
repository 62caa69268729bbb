"""camt.053 statements, camt.052 reports and camt.054 notices, whatever their version and namespace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from seawall.engine.kernel.money import EXPONENTS
from seawall.exchange.bank import xml_tree
from seawall.exchange.bank.narrative import LONGEST, plain
from seawall.exchange.bank.statement import Balance, Draft, Entry, minor
from seawall.exchange.bank.xml_tree import Node

_KINDS: Final = ("BkToCstmrStmt/Stmt", "BkToCstmrAcctRpt/Rpt", "BkToCstmrDbtCdtNtfctn/Ntfctn")
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)
_ISO_DAY: Final = 10


def read(data: bytes, *, file: str) -> list[Draft]:
    """Every statement of the document, as far as it can be read; none where it is another kind of document.

    Raises:
        FileRejected: it declares a document type or entities, or holds more than a statement does.
    """
    tree = xml_tree.read(data, file=file)
    if tree.root is None:
        return []
    drafts = [_statement(node) for kind in _KINDS for node in tree.root.all(kind)]
    if tree.fault and drafts:
        drafts[-1].tell(tree.fault[0], "markup", tree.fault[1])
    return drafts


def _statement(node: Node) -> Draft:
    draft = Draft(node.line, account=node.said("Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id"))
    amounts = [*node.all("Bal/Amt"), *node.all("Ntry/Amt")]
    named = (amount.attributes.get("Ccy", "") for amount in amounts)
    draft.currency = node.said("Acct/Ccy") or next((code for code in named if code), "")
    if draft.currency and draft.currency not in EXPONENTS:
        draft.tell(node.line, "currency", draft.currency)
        draft.currency = ""
    draft.opening, draft.closing = _balance(draft, node, _OPENING), _balance(draft, node, _CLOSING)
    for entry in node.all("Ntry"):
        draft.entries.extend(_entries(draft, entry))
    return draft


def _balance(draft: Draft, node: Node, wanted: tuple[str, ...]) -> Balance | None:
    by_code = {each.said("Tp/CdOrPrtry/Cd"): each for each in reversed(list(node.all("Bal")))}
    found = next((by_code[code] for code in wanted if code in by_code), None)
    if found is None:
        return None
    amount = _amount(draft, found, "balance")
    on = _day(found.said("Dt/Dt", "Dt/DtTm"))
    return None if amount is None else Balance(on, amount, draft.currency, found.line)


def _amount(draft: Draft, node: Node, code: str) -> int | None:
    """The signed amount of an element with `Amt` and `CdtDbtInd`; what is wrong with it is noted."""
    given = node.one("Amt")
    text = given.text.strip() if given is not None else ""
    currency = (given.attributes.get("Ccy", "") if given is not None else "") or draft.currency
    line = given.line if given is not None else node.line
    side = node.said("CdtDbtInd")
    if currency not in EXPONENTS:
        draft.tell(line, "currency", currency)
        return None
    amount = minor(text, currency)
    if amount is None:
        draft.tell(line, "decimals" if minor(text, "CLF") is not None else code, text, currency=currency)
        return None
    if side not in ("CRDT", "DBIT") or amount < 0:
        draft.tell(node.line, code, f"{text} {side}")
        return None
    return amount if side == "CRDT" else -amount


def _entries(draft: Draft, node: Node) -> Iterator[Entry]:
    """An entry, or the payments of a collective one where they come to it."""
    if node.said("Sts/Cd", "Sts") not in ("BOOK", ""):
        draft.tell(node.line, "pending")
        return
    amount = _amount(draft, node, "amount")
    if amount is None:
        return None
    text = node.said("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    on = _day(text)
    if on is None:
        draft.tell(node.line, "day", text)
        return None
    currency = next(node.all("Amt")).attributes.get("Ccy", "") or draft.currency
    whole = Entry(on, amount, currency, line=node.line, bank_reference=plain(node.said("AcctSvcrRef")))
    parts = list(node.all("NtryDtls/TxDtls"))
    split = _split(whole, parts)
    if split:
        yield from split
        return None
    yield _described(whole, parts[0] if len(parts) == 1 else None, node)
    return None


def _split(whole: Entry, parts: list[Node]) -> list[Entry]:
    """The payments of a collective entry; none unless each has an amount and they come to the whole."""
    if len(parts) < 2:  # noqa: PLR2004 - one payment is the entry itself
        return []
    made = []
    for part in parts:
        given = part.one("Amt", "AmtDtls/TxAmt/Amt")
        if given is None or given.attributes.get("Ccy", whole.currency) != whole.currency:
            return []
        amount = minor(given.text.strip(), whole.currency)
        if amount is None:
            return []
        is_debit = part.said("CdtDbtInd") == "DBIT" if part.said("CdtDbtInd") else whole.amount_minor < 0
        reference = plain(part.said("Refs/AcctSvcrRef")) or whole.bank_reference
        entry = replace(whole, amount_minor=-amount if is_debit else amount, bank_reference=reference, line=part.line)
        made.append(_described(entry, part, None))
    return made if sum(entry.amount_minor for entry in made) == whole.amount_minor else []


def _described(entry: Entry, details: Node | None, node: Node | None) -> Entry:
    """The entry with who paid or was paid, and what for."""
    texts = _remittance(details) if details is not None else []
    if node is not None:
        texts += [node.said("AddtlNtryInf")] if not any(texts) else []
        texts += [node.said("NtryRef")] if not any(texts) else []
    reference = " ".join(dict.fromkeys(text for text in map(plain, texts) if text))[:LONGEST]
    if details is None:
        return replace(entry, reference=reference)
    side = "Dbtr" if entry.amount_minor > 0 else "Cdtr"
    name = details.said(f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm", f"RltdPties/Ultmt{side}/Nm",
                        f"RltdPties/Ultmt{side}/Pty/Nm")  # fmt: skip
    account = details.said(f"RltdPties/{side}Acct/Id/IBAN", f"RltdPties/{side}Acct/Id/Othr/Id")
    return replace(entry, counterparty=name, counterparty_account=account, reference=reference)


def _remittance(details: Node) -> list[str]:
    """Structured references first: they are checked by the bank that sent them."""
    texts = [each.said("CdtrRefInf/Ref", "CdtrRefInf/CdtrRef") for each in details.all("RmtInf/Strd")]
    texts += [found.text for found in details.all("RmtInf/Strd/RfrdDocInf/Nb")]
    texts += [found.text for found in details.all("RmtInf/Strd/AddtlRmtInf")]
    texts += [found.text for found in details.all("RmtInf/Ustrd")]
    texts.append(details.said("Refs/EndToEndId"))
    return texts + ([details.said("AddtlTxInf")] if not any(map(plain, texts)) else [])


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:_ISO_DAY])
    except ValueError:
        return None
