"""The tables of docs/reference/insurance-policy.md, made of the table of terms: the page holds these lines and no others.

Run as a program it prints them: python tests/insurance_page.py
"""

from seawall.engine.protection.terms import TERMS

KINDS = {
    "rate": "rate", "amount": "amount", "number": "number", "count": "whole number", "flag": "`true` or `false`",
    "text": "text", "texts": "list of texts", "countries": "list of country codes", "duration": "period",
    "consequence": "what follows", "numbers_by_code": "table of currency and rate", "texts_by_code": "table of codes",
}  # fmt: skip
DAYS = {"shipment": "shipment", "loss": "loss", "period": "period"}


def kind_of(field):
    if field.kind == "choice":
        return "one of " + ", ".join(f"`{each}`" for each in field.choices)
    if field.kind == "choices":
        return "list of " + ", ".join(f"`{each}`" for each in field.choices)
    if field.kind in ("table", "rules"):
        names = ", ".join(f"`{name}`" for name in field.fields)
        short = f"; alone: `{field.main}`" if field.main else ""
        return f"{'list of tables of' if field.kind == 'rules' else 'table of'} {names}{short}"
    return KINDS[field.kind]


def term_lines():
    yield "| term | 中文 | value | picked by the day of | needed | says |"
    yield "|---|---|---|---|---|---|"
    for term in TERMS.values():
        needed = "yes" + (", or `none`" if term.may_be_none else "") if term.is_needed else ""
        yield (
            f"| `{term.name}` | {term.value.title_zh} | {kind_of(term.value)} | {DAYS[term.governed_by]} | {needed} "
            f"| {term.about} |"
        )


def field_lines():
    yield "| field | 中文 | value | needed |"
    yield "|---|---|---|---|"
    for term in TERMS.values():
        yield from lines_under(term.name, term.value)


def lines_under(path, field):
    for name, part in field.fields.items():
        needed = "yes" if part.is_needed else (f"else `{part.default}`" if isinstance(part.default, str) else "")
        yield f"| `{path}.{name}` | {part.title_zh} | {kind_of(part)} | {needed} |"
        yield from lines_under(f"{path}.{name}", part)


if __name__ == "__main__":
    print("\n".join([*term_lines(), "", *field_lines()]))
