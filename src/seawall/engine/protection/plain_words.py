"""A policy in plain words, in English or Chinese, from the same data and the same table of terms it is checked by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seawall.engine.kernel.money import amount_text
from seawall.engine.protection.durations import Duration
from seawall.engine.protection.terms import CAUSES, TERMS, WORDS, Field
from seawall.engine.protection.wording import NONE, Consequence, Wording

ENGLISH, CHINESE = "en", "zh"


@dataclass(frozen=True, slots=True)
class Said:
    """What a term says from a day on."""

    term: str
    title: str
    from_day: dt.date
    sentence: str
    source: str
    is_verified: bool
    note: str


def said(wording: Wording, code: str) -> list[Said]:
    """Every term of a policy in the language ``code`` (``en``, ``zh``), in the order of the table of terms."""
    speaker = _Speaker(wording.currency, code)
    return [
        Said(name, speaker.of(term.value.title, term.value.title_zh), value.from_day,
             speaker.sentence(name, value.value), value.source, value.is_verified, value.note)
        for name, term in TERMS.items() for value in wording.terms.get(name, ())
    ]  # fmt: skip


_DUTY: Final = ("within {within} from {from}; if missed: {missed}", "自{from}起 {within}内；逾期未办：{missed}")
SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "max_payment_term": ("at most {length} from {from}", "自{from}起不超过 {length}"),
    "max_invoicing": ("within {length} from {from}", "自{from}起 {length}内"),
    "mep": ("{value} after the original due day", "原到期日后 {value}"),
    "overdue_notice": _DUTY,
    "hand_over": _DUTY,
    "claim_filing": _DUTY,
    "declaration": ("{basis}, " + _DUTY[0], "{basis}，" + _DUTY[1]),
    "claim_payment": ("within {within} from {from}", "自{from}起 {within}内"),
    "stop_of_cover": ("on {events}; cover starts again {lifts}", "情形：{events}；恢复：{lifts}"),
    "receipt_allocation": (
        "receipts go to {rule}; credit notes to {credit_notes}", "收款冲抵：{rule}；贷项通知单：{credit_notes}",
    ),
    "conversion": ("at the rate of {rule}", "按{rule}的汇率"),
    "insured_rate": ("{rate}", "{rate}"),
    "vat": ("VAT is {value}", "增值税{value}"),
    "limit_review": ("{value} after the decision", "批复后 {value}"),
    "limit_backdating": ("{value} back from the request", "自申请起追溯 {value}"),
    "recoveries": ("shared by {rule}; costs {costs}", "{rule}分摊；费用{costs}"),
    "discretionary_limit.payments": (
        "{count} in the last {within}, paid by {paid_by}", "近 {within}至少 {count} 笔，不迟于{paid_by}付清",
    ),
    **{f"waiting_period.{cause}": ("{length} from {from}", "自{from}起 {length}") for cause in CAUSES},
}  # fmt: skip
"""What terms say, with their fields in their places. What a term says beyond these places follows, named."""


class _Speaker:
    """Says values in one language."""

    def __init__(self, currency: str, code: str) -> None:
        self.currency, self.is_chinese = currency, code == CHINESE

    def of(self, english: str, chinese: str) -> str:
        return chinese if self.is_chinese else english

    def sentence(self, name: str, value: Any) -> str:
        """A whole term; ends with a full stop."""
        if value is None:
            return self.of("No longer holds.", "不再适用。")
        text = self.of("none", "无") if value == NONE else self._value(name, TERMS[name].value, value)
        return text[:1].upper() + text[1:] + self.of(".", "。")

    def _value(self, path: str, field: Field, value: Any) -> str:
        if field.kind == "table":
            return self._table(path, field, value)
        text = self._plain(field, value)
        template = SENTENCES.get(path)
        return text if template is None else self.of(*template).format(value=text)

    def _table(self, path: str, field: Field, value: Mapping[str, Any]) -> str:
        template = SENTENCES.get(path)
        words = {
            name: self._value(f"{path}.{name}", part, value[name])
            for name, part in field.fields.items() if value[name] is not None and value[name] != ()
        }  # fmt: skip
        sentence = self.of(*template) if template else ""
        used = [name for name in words if f"{{{name}}}" in sentence]
        parts = [sentence.format(**words)] if sentence and used else []
        parts += [
            f"{self._title(field.fields[name])}{self.of(': ', '：')}{text}"
            for name, text in words.items()
            if name not in used
        ]
        return self.of("; ", "；").join(parts)

    def _title(self, field: Field) -> str:
        return self.of(field.title, field.title_zh)

    def _plain(self, field: Field, value: Any) -> str:
        special: dict[str, Callable[[Any], str]] = {
            "rate": self._rate, "amount": self._amount, "flag": self._flag, "number": lambda one: f"{one:g}",
            "duration": self._duration, "consequence": self._consequence,
            "rules": lambda rules: self.of("; ", "；").join(self._rule(field, rule) for rule in rules),
            "numbers_by_code": self._pairs, "texts_by_code": self._pairs,
        }  # fmt: skip
        if field.kind in special:
            return str(special[field.kind](value))
        if isinstance(value, tuple):
            return self._list([self._word(field, one) for one in value]) if value else self.of("none", "无")
        return self._word(field, value)

    def _rate(self, value: float) -> str:
        return f"{round(value * 100, 7):g}{self.of(' %', '%')}"

    def _amount(self, value: int) -> str:
        return f"{_grouped(amount_text(value, self.currency))} {self.currency}"

    def _flag(self, value: bool) -> str:  # noqa: FBT001 - it is the value itself
        return self.of("yes", "是") if value else self.of("no", "否")

    def _pairs(self, value: Mapping[str, Any]) -> str:
        return self._list([f"{code} {one}" for code, one in value.items()])

    def _word(self, field: Field, value: Any) -> str:
        return self.of(*WORDS[value]) if field.choices and value in WORDS else str(value)

    def _list(self, words: list[str]) -> str:
        return self.of(", ", "、").join(words)

    def _duration(self, value: Duration) -> str:
        english = {"days": "day", "months": "month", "working_days": "working day"}[value.unit]
        chinese = {"days": "天", "months": "个月", "working_days": "个工作日"}[value.unit]
        return self.of(f"{value.count} {english}{'' if value.count == 1 else 's'}", f"{value.count} {chinese}")

    def _consequence(self, value: Consequence) -> str:
        if value.kind in WORDS:
            return self.of(*WORDS[value.kind])
        if value.kind == "steps":
            said = [self._step(days, self._consequence(each)) for days, each in value.by_days()]
            return self.of("; ", "；").join(said)
        rate = f"{round(value.rate * 100, 7):g}"
        if value.kind == "rate":
            return self.of(f"the insured percentage is at most {rate} %", f"赔偿比例最高 {rate}%")
        return self.of(f"the insured percentage is multiplied by {rate} %", f"赔偿比例乘以 {rate}%")

    def _step(self, days: int | None, follows: str) -> str:
        if days is None:
            return self.of(f"later {follows}", f"更晚：{follows}")
        return self.of(f"up to {days} days late {follows}", f"逾期不超过 {days} 天：{follows}")

    def _rule(self, field: Field, rule: Mapping[str, Any]) -> str:
        """One exception: what holds, and for what."""
        *conditions, last = field.fields
        said_of = [f"{self._title(field.fields[name])} {self._plain(field.fields[name], rule[name])}"
                   for name in conditions if rule[name] is not None]  # fmt: skip
        value = self._plain(field.fields[last], rule[last])
        return self.of(f"{value} for {', '.join(said_of)}", f"{'、'.join(said_of)}为 {value}") if said_of else value


def _grouped(text: str) -> str:
    whole, dot, decimals = text.partition(".")
    return f"{int(whole):,}{dot}{decimals}"
