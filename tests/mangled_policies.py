"""An insurance policy, ways to spoil it with the line and the reason of each, and what a refusal leaves in English."""

import re

from seawall.engine.kernel.errors import Listed, PolicyInvalid, Sentence
from seawall.exchange.language import Language
from seawall.policies.insurance import parse

GOOD = """\
policy: P-1
form: whole_turnover
period: {from: 2025-01-01, to: 2025-12-31}
currency: USD
source: contract 7
terms:
  causes: [insolvency]
  vat: out
  max_payment_term: {days: 90}
  receipt_allocation: oldest_due
  disputed: suspended
  mep: {days: 60}
  stop_of_cover: [mep_end]
  insured_rate:
    2025-01-01: {value: 0.9, source: page 3}
    2025-07-01: {value: {rate: 0.85}, source: endorsement 2, note: from July}
  threshold_amount: 1000.50
  loss_operators: [threshold, insured_rate]
"""

DUTY = "{from: due, within: {days: 5}, missed: %s}"
FALLING = "{late: [{days: 9, rate: 0.5}, {days: 9, rate: 0.4}], then: lost}"
NESTED = "{late: [{days: 9, rate: 0.5}], then: {late: [{days: 20, rate: 0.5}], then: lost}}"
BOUNDS = "[threshold, deductible, insured_rate]\n  deductible: {rate: 0.1, minimum_amount: 5, maximum_amount: 1}"
BAD = [
    ("vat: out", "vat: perhaps", 8, "perhaps is not one of in, out"),
    ("mep: {days: 60}", "mep: {days: 60, months: 2}", 12, "is not a period"),
    ("mep: {days: 60}", "mep: {weeks: 8}", 12, "{weeks: 8} is not a period"),
    ("mep: {days: 60}", "mep: {days: -5}", 12, "-5 is not a whole number of days from 0"),
    ("mep: {days: 60}", "mep: {days: 2.5}", 12, "2.5 is not a whole number"),
    ("mep: {days: 60}", "mep: {days: 60000}", 12, "60000 is not a whole number of days from 0 to 3660"),
    ("mep: {days: 60}", "mep: 60", 12, "60 is not a period"),
    ("mep: {days: 60}", "mep: {working_days: 5}", 12, "Working days need the `calendar`"),
    ("mep: {days: 60}", "mep: none", 13, "mep is none"),
    ("mep: {days: 60}", "mepp: {days: 60}", 12, "The term mepp is not known"),
    ("value: 0.9,", "value: 1.1,", 15, "1.1 is not a rate per one"),
    ("value: 0.9,", "value: true,", 15, "True is not a rate per one"),
    ("{rate: 0.85}", "{rate: 0.85, rule: []}", 16, "The field rule is not known"),
    ("{rate: 0.85}", "{rules: []}", 16, "The field rate is missing"),
    ("{rate: 0.85}", "{rate: 0.8, rules: [{cause: flood, rate: 0.1}]}", 16, "flood is not one of"),
    ("[threshold, insured_rate]", "[threshold, insured_rate, excess]", 18, "excess is not one of"),
    ("[threshold, insured_rate]", "[threshold]", 18, "add insured_rate"),
    ("[threshold, insured_rate]", "[insured_rate]", 17, "threshold is not in loss_operators"),
    ("[threshold, insured_rate]", "[threshold, insured_rate, annual_maximum]", 18, "has no annual_maximum"),
    ("[threshold, insured_rate]", "[threshold, threshold, insured_rate]", 18, "threshold stands twice"),
    ("mep: {days: 60}", "mep: {days: 60}\n  countries: {excluded: [XX]}", 13, "XX is not a country code"),
    ("mep: {days: 60}", "mep: {days: 60}\n  countries: {covered: [DE], excluded: [DE]}", 13, "DE is both covered and"),
    ("{rate: 0.85}", "{rate: 0.8, rules: [{rate: 0.5}, {country: [DE], rate: 0.7}]}", 16, "This rule never holds"),
    ("[threshold, insured_rate]", BOUNDS, 19, "The maximum is below the minimum"),
    ("1000.50", "-1", 17, "-1 is below zero"),
    ("1000.50", "1000.505", 17, "not an amount in USD"),
    ("1000.50", "0x_", 1, "no YAML here"),
    ("1000.50", "9" * 400, 17, "is not an amount"),
    ("value: 0.9,", f"value: {'9' * 400},", 15, "is not a rate per one"),
    ("mep: {days: 60}", f"mep: {{days: {'9' * 400}}}", 12, "is not a whole number of days from 0 to 3660"),
    ("vat: out", "? [vat]\n  : out", 8, "A name cannot be a list or a table"),
    ("vat: out", "? {vat: 1}\n  : out", 8, "A name cannot be a list or a table"),
    ("1000.50", "12 thousand", 17, "12 thousand is not an amount"),
    ("2025-07-01: {value", "2025-02-30: {value", 16, "There is no day 2025-02-30"),
    ("2025-07-01: {value", "someday: {value", 16, "someday is not a day"),
    ("2025-07-01: {value", "2026-07-01: {value", 16, "2026-07-01 lies after the period"),
    ("from: 2025-01-01", "from: 2026-01-01", 3, "ends on 2025-12-31, before it begins"),
    ("from: 2025-01-01", "from: 2025-13-01", 3, "There is no day 2025-13-01"),
    ("currency: USD", "currency: US$", 4, "Unknown currency US$"),
    ("form: whole_turnover", "form: everything", 2, "everything is not one of whole_turnover"),
    ("form: whole_turnover", "form: single_buyer", 2, "names them: `buyers`"),
    ("form: whole_turnover", "form: top_up", 2, "names the policy it lies on"),
    ("source: contract 7", 'source: "a\\0b"', 5, "holds a character that cannot be kept"),
    ("source: contract 7", "sauce: contract 7", 5, "The field sauce is not known"),
    ("mep: {days: 60}", f"mep: {{days: 60}}\n  hand_over: {DUTY % 'late'}", 13, "late is not one of lost, nothing"),
    ("mep: {days: 60}", f"mep: {{days: 60}}\n  hand_over: {DUTY % '{late: [{rate: 0.5}], then: lost}'}", 13, "not a whole number of days"),
    ("mep: {days: 60}", f"mep: {{days: 60}}\n  hand_over: {DUTY % FALLING}", 13, "9 is not a whole number of days above"),
    ("mep: {days: 60}", f"mep: {{days: 60}}\n  hand_over: {DUTY % NESTED}", 13, "A step has no steps of its own"),
    ("policy: P-1\n", "", 1, "The field policy is missing"),
    ("terms:", "terms: {a: &x 1, b: *x}\nnote: x\nmore:", 1, "References, tags"),
]  # fmt: skip


ENGLISH = re.compile(r"[A-Za-z]+[ ,:;.]+[A-Za-z]+[ ,:;.]+[A-Za-z]+")
CODE = re.compile(r"`[^`]*`|\{[^}]*\}")


def blank(value):
    """A parameter without what the file said: only what the product says is left."""
    if isinstance(value, Sentence):
        return Sentence(value.template, {name: blank(one) for name, one in value.params.items()})
    return Listed(map(blank, value)) if isinstance(value, Listed) and isinstance(value[0], Sentence) else "…"


def english_in(error):
    """What of a refusal stays English in Chinese."""
    blanked = {name: blank(value) for name, value in error.params.items()}
    said = (Language("zh").say(text, **blanked) for text in (error.template, error.hint_template) if text)
    return [text for text in said if ENGLISH.search(CODE.sub("", text))]


def refused_in_chinese(name):
    """Each spoilt policy as a text, with the sentence and the hint it is refused with in Chinese."""
    for old, new, _line, _what in BAD:
        text = GOOD.replace(old, new, 1)
        try:
            parse(text, name=name)
        except PolicyInvalid as error:
            yield text, *Language("zh").error(error)
