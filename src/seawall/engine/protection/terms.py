"""The table of terms: everything a trade credit insurance policy may say, declared once.

The check of a policy file, its form, its reference page and its rendering in plain words all read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from seawall.engine.ledger.insured_facts import CLAIM_DOCUMENTS
from seawall.engine.protection.claim_words import DOCUMENT_WORDS

Kind = Literal[
    "rate", "amount", "number", "count", "flag", "text", "choice", "choices", "texts", "countries", "duration",
    "consequence", "numbers_by_code", "texts_by_code", "table", "rules",
]  # fmt: skip
GovernedBy = Literal["shipment", "loss", "period"]
"""Which day picks the value: the item's shipment, the loss (of cover: the day asked about), the period declared."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a policy: what it may be, and what people call it in both languages."""

    kind: Kind
    title: str
    title_zh: str
    choices: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    main: str = ""
    """Of a table: the field meant where a value stands instead of the table."""

    is_needed: bool = False
    is_ordered: bool = False
    """Of choices: whether their order counts."""

    default: Any = None
    """What holds where the field is absent: never a number, and always what changes nothing."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a policy."""

    name: str
    value: Field
    governed_by: GovernedBy
    about: str
    about_zh: str
    is_needed: bool = False
    may_be_none: bool = False
    """Whether the policy may say ``none``: that there is no such rule, as opposed to saying nothing."""


FORMS: Final = ("whole_turnover", "excess_of_loss", "single_buyer", "top_up")
CAUSES: Final = ("insolvency", "protracted_default", "political", "goods_refusal")
_OF_ITEM: Final = ("shipment", "issue", "due", "mep_end")
CLOCKS: Final[dict[str, tuple[str, ...]]] = {
    "overdue_notice": _OF_ITEM,
    "hand_over": (*_OF_ITEM, "overdue_notice"),
    "declaration": ("shipment", "issue", "month_end"),
    "waiting_period": (*_OF_ITEM, "overdue_notice", "loss"),
    "claim_filing": (*_OF_ITEM, "overdue_notice", "waiting_period_end", "loss"),
}
"""What the period of a term may run from."""

STOPS: Final = ("mep_end", "limit_withdrawn", "insolvency", "claim_filed", "adverse_information")
OPERATORS: Final = {
    "insured_rate": "insured_rate",
    "threshold": "threshold_amount",
    "each_and_every": "each_and_every_amount",
    "deductible": "deductible",
    "aggregate_first_loss": "aggregate_first_loss",
    "minimum_retention": "minimum_retention_amount",
    "customer_maximum": "customer_maximum_amount",
    "annual_maximum": "annual_maximum",
}
"""The operators a loss passes through, and the term that holds the figure of each."""

ANNUAL: Final = ("aggregate_first_loss", "annual_maximum")
"""Operators that belong to the whole policy period and not to one buyer."""

LIMIT_KINDS: Final = ("named", "discretionary", "temporary", "lc")
"""Kinds of limits a rule may be about. ``named``: decided by the insurer, whether in full, in part or reduced."""


def _clock(term: str) -> Field:
    return Field("choice", "from", "起算", choices=CLOCKS[term], is_needed=True)


_MISSED = Field("consequence", "if missed", "逾期未办的后果", is_needed=True)
_WITHIN = Field("duration", "within", "期限", is_needed=True)
_SCOPE = Field("choice", "what is lost", "影响范围", choices=("item", "later_items", "customer"), default="item")
_SMALL = Field("amount", "not for less than", "免于适用的小额")


def _duty(term: str, title: str, title_zh: str, **more: Field) -> Field:
    """A duty with a clock: from what, within how long, and what happens where it is missed."""
    fields = {"from": _clock(term), "within": _WITHIN, "missed": _MISSED, **more}
    return Field("table", title, title_zh, fields=fields)


def _lists(title: str, title_zh: str, kind: Kind) -> Field:
    fields = {"covered": Field(kind, "covered", "承保"), "excluded": Field(kind, "excluded", "除外")}
    return Field("table", title, title_zh, fields=fields)


def _buyers(title: str, title_zh: str) -> Field:
    fields = {
        "insured": Field("flag", "insured", "是否承保", is_needed=True),
        "codes": Field("texts", "which customers", "所指客户", is_needed=True),
    }
    return Field("table", title, title_zh, fields=fields)


_RATE_RULE = {
    "kind": Field("choice", "limit", "限额类型", choices=LIMIT_KINDS),
    "country": Field("countries", "countries", "国家（地区）"),
    "sector": Field("texts", "sectors", "行业"),
    "grade": Field("texts", "grades", "等级"),
    "payment_method": Field("texts", "payment methods", "支付方式"),
    "cause": Field("choice", "cause", "损失原因", choices=CAUSES),
    "rate": Field("rate", "percentage", "比例", is_needed=True),
}
_WAITING = {
    cause: Field("table", title, title_zh, fields={
        "from": _clock("waiting_period"),
        "length": Field("duration", "length", "长度", is_needed=True),
    })
    for cause, title, title_zh in (
        ("insolvency", "insolvency", "破产"), ("protracted_default", "protracted default", "拖欠"),
        ("political", "political risk", "政治风险"), ("goods_refusal", "refusal of the goods", "拒收货物"),
    )
}  # fmt: skip
_OF_CAUSES: Final = (
    ("always", "always", "一律"),
    ("insolvency", "insolvency", "破产"),
    ("protracted_default", "protracted default", "拖欠"),
    ("political", "political risk", "政治风险"),
    ("goods_refusal", "refusal of the goods", "拒收货物"),
)
_CLAIM_DOCUMENTS = {
    name: Field("choices", title, title_zh, choices=CLAIM_DOCUMENTS) for name, title, title_zh in _OF_CAUSES
}
_PREMIUM_RULE = {
    "country": Field("countries", "countries", "国家（地区）"),
    "sector": Field("texts", "sectors", "行业"),
    "grade": Field("texts", "grades", "等级"),
    "payment_method": Field("texts", "payment methods", "支付方式"),
    "kind": Field("choice", "limit", "限额类型", choices=LIMIT_KINDS),
    "rate": Field("rate", "premium rate", "费率", is_needed=True),
}
_BONUS_RULE = {
    "loss_ratio_up_to": Field("number", "loss ratio up to", "赔付率不超过"),
    "rate": Field("number", "change of the premium", "保费调整", is_needed=True),
}
_FEE_RULE = {
    "kind": Field("choice", "limit", "限额类型", choices=LIMIT_KINDS),
    "country": Field("countries", "countries", "国家（地区）"),
    "amount": Field("amount", "fee", "费用", is_needed=True),
}


TERMS: Final[dict[str, Term]] = {
    term.name: term
    for term in (
        # What is insured
        Term("causes", Field("choices", "Causes of loss insured", "承保的损失原因", choices=CAUSES), "loss",
             "What a loss may come from. A claim for another cause is refused whole.",
             "损失可由哪些原因造成；其他原因造成的损失不赔。", is_needed=True),
        Term("documents", Field("choices", "Documents insured", "承保的单据", choices=("invoice", "debit_note")),
             "shipment", "Kinds of documents that are insured. Absent: invoices only.",
             "承保哪些单据；未写明时只承保发票。"),
        Term("attachment",
             Field("choice", "What must lie in the period", "期间归属", choices=("shipments", "losses")), "period",
             "`shipments`: insured is what is shipped in the period, whenever it is lost. `losses`: what is lost in "
             "the period, whenever it was shipped. Absent: shipments.",
             "shipments：保险期间内出运的货物；losses：保险期间内发生的损失。未写明时按出运。"),
        Term("countries", _lists("Countries", "国家（地区）", "countries"), "shipment",
             "Countries of customers: those covered (all others are not) or those excluded.",
             "客户所在国家（地区）：列明承保的，或列明除外的。"),
        Term("sectors", _lists("Sectors", "行业", "texts"), "shipment",
             "Sectors of customers: those covered (all others are not) or those excluded.",
             "客户所属行业：列明承保的，或列明除外的。"),
        Term("public_buyers", _buyers("Public buyers", "公共买方"), "shipment",
             "Which customers are public, and whether they are insured.", "哪些客户是公共买方，是否承保。"),
        Term("related_buyers", _buyers("Related parties", "关联方"), "shipment",
             "Which customers are related to the insured, and whether they are insured.",
             "哪些客户是被保险人的关联方，是否承保。"),
        Term("excluded_buyers", Field("texts", "Customers left out", "不承保的客户"), "shipment",
             "Customers the policy leaves out by name.", "保单点名不承保的客户。"),
        Term("datum_line_amount", Field("amount", "Datum line", "基准线"), "loss",
             "A customer that owes no more than this is outside the policy.", "欠款不超过此额的客户不在保单范围内。"),
        Term("payment_methods", _lists("Payment methods", "支付方式", "texts"), "shipment",
             "Payment methods of items: those covered (all others are not) or those excluded.",
             "单据的支付方式：列明承保的，或列明除外的。"),
        Term("vat", Field("choice", "VAT", "增值税", choices=("in", "out")), "shipment",
             "Whether the VAT within an item is insured. What is paid of an item is paid of its tax in proportion.",
             "单据中的增值税是否承保；已收款按比例冲抵税款。", is_needed=True),
        Term("max_payment_term",
             Field("table", "Maximum payment term", "最长付款期限", main="length", fields={
                 "length": Field("duration", "length", "长度", is_needed=True),
                 "from": Field("choice", "from", "起算", choices=("issue", "shipment", "delivery"), default="issue"),
             }), "shipment",
             "An item due later than this is not insured.", "付款期限超过此数的单据不承保。",
             is_needed=True, may_be_none=True),
        Term("max_invoicing",
             Field("table", "Invoicing period", "开票期限", main="length", fields={
                 "length": Field("duration", "length", "长度", is_needed=True),
                 "from": Field("choice", "from", "起算", choices=("shipment", "delivery"), default="shipment"),
             }), "shipment",
             "An item issued later than this after shipment is not insured.", "出运后超过此期限才开票的，不承保。"),
        Term("conversion",
             Field("table", "Conversion", "折算", main="rule", fields={
                 "rule": Field("choice", "at the rate of", "汇率日", is_needed=True,
                               choices=("shipment", "issue", "due", "loss", "month_end_before", "fixed")),
                 "rates": Field("numbers_by_code", "fixed rates", "固定汇率"),
             }), "shipment",
             "At which day's rate other currencies become the policy's; with `fixed`, at the rates written here: units "
             "of the policy's currency for one of the other.",
             "其他货币按哪一天的汇率折成保单货币；fixed 为保单载明的汇率，即一单位其他货币折合多少保单货币。"),
        # Limits
        Term("limit_needed", Field("flag", "A limit is needed", "须有买方限额"), "shipment",
             "Whether a customer is insured only within a limit. Absent: yes.",
             "客户是否须有限额才承保；未写明时须有。"),
        Term("group_limits",
             Field("table", "Group limits", "集团限额", main="layers", fields={
                 "layers": Field("texts", "layers", "限额层", is_needed=True),
                 "order": Field("choice", "taken in the order of", "占用顺序", choices=("shipment", "issue", "due"),
                                default="shipment"),
                 "members": Field("texts", "served first", "优先客户"),
                 "takes": Field("choice", "taken", "先后", choices=("after_own", "before_own"), default="after_own"),
             }), "loss",
             "Layers of limits that a whole group shares: the one of the customer named and all that belong to it "
             "(`parent_code`). Items of all of them take from it together, those of `members` first.",
             "整个集团共用的限额层：限额所指客户及其全部下属客户（parent_code）共同占用，members 所列客户优先。"),
        Term("limit_notice",
             Field("table", "Notice of limit changes", "限额变更通知期", fields={
                 kind: Field("duration", title, title_zh)
                 for kind, title, title_zh in (("reduced", "reduction", "降低"), ("cancelled", "cancellation", "撤销"),
                                               ("refused", "refusal", "拒绝"))
             }), "shipment",
             "How long after the insurer's decision a cut takes effect, where the limit's row gives no notice days.",
             "保险人决定后多久生效；限额记录自带通知天数的，从其记录。"),
        Term("limit_review", Field("duration", "Review of limits", "限额复审"), "period",
             "How long after its decision a limit must be asked for again.", "限额批复后多久须重新申请。"),
        Term("limit_backdating", Field("duration", "Limits reach back", "限额追溯"), "shipment",
             "How long after a shipment a limit may still be asked for with effect from it.",
             "出运后多长时间内申请的限额仍可追溯至出运日。"),
        Term("discretionary_limit",
             Field("table", "Discretionary limit", "自行掌握限额", main="amount", fields={
                 "amount": Field("amount", "at most", "上限"),
                 "of_highest_rate": Field("rate", "of the largest item paid on time", "占按时付清的最大单据比例"),
                 "highest_within": Field("duration", "the largest of those in the last", "最大单据取自近"),
                 "payments": Field("table", "payments that justify it", "付款记录要求", fields={
                     "count": Field("count", "how many", "笔数", is_needed=True),
                     "within": Field("duration", "in the last", "近", is_needed=True),
                     "paid_by": Field("choice", "paid by", "付款不迟于", choices=("due", "mep_end"), is_needed=True),
                 }),
                 "report": Field("table", "or a report", "或资信报告", main="within", fields={
                     "within": Field("duration", "not older than", "不早于", is_needed=True),
                 }),
                 "lost_on": Field("choices", "lost on", "丧失情形",
                                  choices=("refused", "cancelled", "adverse_information", "overdue"), default=()),
             }), "shipment",
             "The limit the insured may set for a customer that the insurer has not decided on, if payments or a "
             "report justify it on the day of shipment. Payments count by the day they were paid; the largest is that "
             "of highest_within, else of the payments' own time, else of all.",
             "对保险人未批复限额的客户，被保险人可自行设定的限额；出运日须有付款记录或资信报告为据；"
             "付款记录按付清之日计入 within；"
             "最大单据取自 highest_within，未填时取自 payments 的期间，两者皆无时取自全部。"),
        Term("bank_limits",
             Field("table", "Letters of credit", "信用证", main="payment_methods", fields={
                 "payment_methods": Field("texts", "payment methods", "支付方式", is_needed=True),
             }), "shipment",
             "Payment methods whose items are insured only within a limit of the kind `lc`: of the issuing bank.",
             "以这些方式付款的单据，只在开证行限额（lc）内承保。"),
        Term("buyer_codes", Field("texts_by_code", "Buyer codes", "买方代码"), "period",
             "Our customer code to the code the insurer knows the customer by.",
             "本公司客户代码对应的保险人买方代码。"),
        # While it is owed
        Term("receipt_allocation",
             Field("table", "Allocation of receipts", "收款冲抵", main="rule", fields={
                 "rule": Field("choice", "to", "冲抵", choices=("as_booked", "oldest_due", "oldest_issued"),
                               is_needed=True),
                 "credit_notes": Field("choice", "credit notes", "贷项通知单", choices=("as_booked", "oldest"),
                                       default="as_booked"),
             }), "loss",
             "To which items the insurer lays receipts, whatever the customer said. What is not applied yet goes to "
             "the oldest too; a credit note stays with its item unless `credit_notes` is `oldest`.",
             "保险人把收款冲抵到哪些单据，不论客户如何指定。", is_needed=True),
        Term("disputed", Field("choice", "Disputed amounts", "争议金额", choices=("suspended", "covered")), "shipment",
             "Whether a disputed amount is covered while the dispute lasts.", "争议期间争议金额是否承保。",
             is_needed=True),
        Term("dispute_tolerance_rate", Field("rate", "Dispute tolerance", "争议容忍"), "shipment",
             "While less than this share of the limit is disputed, items wholly in dispute stop no cover and need no "
             "notice.",
             "争议总额低于限额的这一比例时，全额争议的单据不停保、无须通知。"),
        Term("mep", Field("duration", "Maximum extension period", "最高延长期"), "shipment",
             "How long after its original due day an item may stay unpaid without harm to cover.",
             "原到期日后，单据最长可延期多久而不影响承保。", is_needed=True, may_be_none=True),
        Term("stop_of_cover",
             Field("table", "Stop of cover", "停止承保", main="events", fields={
                 "events": Field("choices", "on", "情形", choices=STOPS, is_needed=True),
                 "small_amount": _SMALL,
                 "lifts": Field("choice", "ends", "恢复", choices=("paid", "agreed"), default="paid"),
             }), "shipment",
             "What ends cover for later shipments to a customer. `lifts: paid`: until all such items are paid; "
             "`agreed`: until the insurer decides on a limit for the customer again.",
             "哪些情形使其后的出运停止承保；lifts 为 paid 时付清后恢复，为 agreed 时须保险人重新批复限额。",
             is_needed=True, may_be_none=True),
        Term("overdue_notice", _duty("overdue_notice", "Overdue notice", "可损通知", scope=_SCOPE, small_amount=_SMALL),
             "shipment",
             "By when the insurer must be told that an item is overdue: event `overdue_notified`.",
             "单据逾期后须何时通知保险人。"),
        Term("hand_over", _duty("hand_over", "Hand-over to collection", "委托催收", scope=_SCOPE, small_amount=_SMALL),
             "shipment",
             "By when an unpaid item must be handed over to collection: event `hand_over`.",
             "未付单据须何时交付催收。"),
        Term("declaration",
             _duty("declaration", "Declaration", "申报",
                   basis=Field("choice", "of", "申报对象", choices=("shipments", "turnover", "balances"),
                               is_needed=True)), "shipment",
             "By when sales must be declared: event `declaration`, for an item or (without one) for a month.",
             "须何时申报出运、销售额或余额。"),
        # Claims
        Term("waiting_period",
             Field("table", "Waiting period", "等待期", fields=_WAITING), "shipment",
             "By cause: how long until a loss counts, and from what.", "各损失原因的等待期及起算日。"),
        Term("claim_filing", _duty("claim_filing", "Filing of the claim", "索赔期限"), "shipment",
             "By when a claim must be filed: event `claim_filed`.", "须何时提出索赔。"),
        Term("claim_documents",
             Field("table", "Documents of the claim file", "索赔单证", fields=_CLAIM_DOCUMENTS), "loss",
             "What the claim file must hold: always, and for a cause of loss besides. Absent: the policy does not say.",
             "索赔单证应包括哪些：一律需要的，以及各损失原因另需的；未写明时保单没有规定。"),
        Term("claim_payment",
             Field("table", "Payment of the claim", "赔付期限", main="within", fields={
                 "within": _WITHIN,
                 "from": Field("choice", "from", "起算", choices=("complete_file", "waiting_period_end"),
                               default="complete_file"),
             }), "loss",
             "How long the insurer has to pay.", "保险人的赔付期限。"),
        Term("insured_rate",
             Field("table", "Insured percentage", "赔偿比例", main="rate", fields={
                 "rate": Field("rate", "percentage", "比例", is_needed=True),
                 "rules": Field("rules", "but", "例外", fields=_RATE_RULE),
             }), "shipment",
             "The share of a covered loss that is paid. The first rule whose every condition holds goes before it; a "
             "limit's own percentage goes before both.",
             "承保损失的赔付比例；第一条全部条件符合的例外优先，限额自带的比例最优先。", is_needed=True),
        Term("threshold_amount", Field("amount", "Threshold (non-qualifying loss)", "最低理赔额（起赔额）"), "loss",
             "A loss of a customer up to this amount is not paid at all; above it, the whole counts.",
             "单一买方损失不超过此额不赔；超过则全额计。"),
        Term("each_and_every_amount", Field("amount", "Each-and-every first loss", "单一买方最初损失"), "loss",
             "Comes off the loss of each customer.", "每一买方的损失先扣除此额。"),
        Term("deductible",
             Field("table", "Deductible", "免赔额", main="rate", fields={
                 "rate": Field("rate", "of the loss", "占损失比例", is_needed=True),
                 "minimum_amount": Field("amount", "at least", "最低"),
                 "maximum_amount": Field("amount", "at most", "最高"),
             }), "loss",
             "A share of the loss of each customer that comes off it, at least and at most so much.",
             "每一买方的损失按比例扣除，可设最低和最高额。"),
        Term("aggregate_first_loss",
             Field("table", "Aggregate first loss", "累计最初损失", main="amount", fields={
                 "amount": Field("amount", "amount", "金额", is_needed=True),
             }), "loss",
             "Comes off the losses of the period until it is used up, as `claims` say. What erodes it is what reaches "
             "it in the order of the operators.",
             "保险期间内的损失先扣除此额，用完为止；由运算顺序决定以何金额扣减。"),
        Term("minimum_retention_amount", Field("amount", "Minimum retention", "最低自留额"), "loss",
             "At least so much of a customer's covered loss stays with the insured.",
             "每一买方的承保损失中被保险人至少自留此额。"),
        Term("customer_maximum_amount", Field("amount", "Maximum for one customer", "单一买方最高赔偿额"), "loss",
             "No more is paid for one customer.", "对一个买方的赔款不超过此额。"),
        Term("annual_maximum",
             Field("table", "Annual maximum", "最高赔偿限额", main="amount", fields={
                 "amount": Field("amount", "amount", "金额"),
                 "times_premium": Field("number", "times the premium", "保费倍数"),
                 "premium_amount": Field("amount", "premium", "保费"),
             }), "loss",
             "No more is paid for all losses of the period: an amount, or so many times the premium (its own "
             "`premium_amount`, else the minimum premium).",
             "保险期间内的赔款总额不超过此数：定额，或保费的若干倍。"),
        Term("loss_operators",
             Field("choices", "Order of the calculation", "赔款计算顺序", choices=tuple(OPERATORS), is_ordered=True),
             "loss", "What a covered loss passes through, in this order.", "承保损失依次经过的计算。", is_needed=True),
        Term("recoveries",
             Field("table", "Recoveries", "追偿所得", main="rule", fields={
                 "rule": Field("choice", "shared", "分摊", choices=("pro_rata_insured", "by_indemnity"),
                               is_needed=True),
                 "costs": Field("choice", "costs", "费用", choices=("shared", "insurer", "insured"), is_needed=True),
             }), "loss",
             "How money that comes in after the loss is shared: `pro_rata_insured`: covered to whole debt, and of the "
             "covered part the insured percentage to the insurer; `by_indemnity`: indemnity to whole debt.",
             "损失发生后收回的款项如何分摊。"),
        Term("loss_payee", Field("text", "Loss payee", "赔款受让人"), "loss",
             "To whom the proceeds of claims are assigned.", "赔款转让给谁。"),
        # What it costs
        Term("premium",
             Field("table", "Premium", "保费", fields={
                 "basis": Field("choice", "on", "计费基础", choices=("turnover", "balances", "shipments"),
                                is_needed=True),
                 "rate": Field("rate", "premium rate", "费率", is_needed=True),
                 "rules": Field("rules", "but", "例外", fields=_PREMIUM_RULE),
                 "minimum_amount": Field("amount", "minimum premium", "最低保费"),
                 "deposit_amount": Field("amount", "deposit", "预付保费"),
                 "instalments": Field("count", "instalments", "分期数"),
                 "bonus": Field("rules", "bonus and malus", "无赔款优待与加费", fields=_BONUS_RULE),
                 "tax_rate": Field("rate", "tax", "税率"),
             }), "period",
             "What the premium is charged on, at which rates, and at least how much it is.",
             "保费的计费基础、费率和最低保费。"),
        Term("limit_fees",
             Field("table", "Fees for limits", "限额费用", main="amount", fields={
                 "amount": Field("amount", "fee", "费用", is_needed=True),
                 "rules": Field("rules", "but", "例外", fields=_FEE_RULE),
             }), "period",
             "What a limit costs a year.", "每个限额每年的费用。"),
    )
}  # fmt: skip
"""Every term by name, in the order in which a policy is read."""

WORDS: Final[dict[str, tuple[str, str]]] = {
    "whole_turnover": ("whole turnover", "统保"),
    "excess_of_loss": ("excess of loss", "超赔"),
    "single_buyer": ("single buyer", "单一买方"),
    "top_up": ("top-up", "增额"),
    "insolvency": ("insolvency", "破产"),
    "protracted_default": ("protracted default", "拖欠"),
    "political": ("political risk", "政治风险"),
    "goods_refusal": ("refusal of the goods", "拒收货物"),
    "shipment": ("shipment", "出运日"),
    "delivery": ("delivery", "交付日"),
    "issue": ("the day of issue", "开票日"),
    "due": ("the original due day", "原到期日"),
    "mep_end": ("the end of the maximum extension period", "最高延长期届满日"),
    "overdue_notice": ("the overdue notice", "可损通知日"),
    "waiting_period_end": ("the end of the waiting period", "等待期届满日"),
    "loss": ("the loss", "损失发生日"),
    "month_end": ("the end of the month", "月末"),
    "month_end_before": ("the month end before shipment", "出运前月末"),
    "fixed": ("rates fixed in the policy", "保单载明的汇率"),
    "complete_file": ("the complete claim file", "索赔单证齐全日"),
    "limit_withdrawn": ("withdrawal of the limit", "撤销限额"),
    "claim_filed": ("a claim filed", "已提出索赔"),
    "adverse_information": ("adverse information", "不利信息"),
    "overdue": ("an overdue item", "逾期"),
    "after_own": ("after the customer's own limit", "先用客户自身限额"),
    "before_own": ("before the customer's own limit", "先于客户自身限额"),
    "invoice": ("invoices", "发票"),
    "debit_note": ("debit notes", "借项通知单"),
    "shipments": ("shipments", "出运"),
    "losses": ("losses", "损失"),
    "turnover": ("turnover", "销售额"),
    "balances": ("month-end balances", "月末余额"),
    "in": ("insured", "承保"),
    "out": ("not insured", "不承保"),
    "suspended": ("suspended", "暂不承保"),
    "covered": ("covered", "承保"),
    "as_booked": ("the items they were booked to", "入账所指的单据"),
    "oldest_due": ("the item due first", "最早到期的单据"),
    "oldest_issued": ("the oldest item", "最早开出的单据"),
    "oldest": ("the oldest item too", "同样冲抵最早的单据"),
    "item": ("the item", "该单据"),
    "later_items": ("the item and later shipments", "该单据及其后的出运"),
    "customer": ("all items of the customer", "该客户全部单据"),
    "paid": ("once the items are paid", "付清后"),
    "agreed": ("once the insurer decides on a limit again", "保险人重新批复限额后"),
    "lost": ("cover is lost", "丧失承保"),
    "nothing": ("nothing follows", "无后果"),
    "named": ("limit decided by the insurer", "保险人批复的限额"),
    "temporary": ("temporary", "临时"),
    "discretionary": ("discretionary", "自行掌握"),
    "lc": ("letter of credit", "信用证"),
    "refused": ("refused", "拒绝"),
    "cancelled": ("cancelled", "撤销"),
    "insured_rate": ("insured percentage", "赔偿比例"),
    "threshold": ("threshold", "最低理赔额"),
    "each_and_every": ("each-and-every first loss", "单一买方最初损失"),
    "deductible": ("deductible", "免赔额"),
    "aggregate_first_loss": ("aggregate first loss", "累计最初损失"),
    "minimum_retention": ("minimum retention", "最低自留额"),
    "customer_maximum": ("maximum for one customer", "单一买方最高赔偿额"),
    "annual_maximum": ("annual maximum", "最高赔偿限额"),
    **DOCUMENT_WORDS,
    "pro_rata_insured": ("insured to uninsured debt", "按承保与未承保债权的比例"),
    "by_indemnity": ("indemnity to whole debt", "按赔款占全部债权的比例"),
    "shared": ("shared likewise", "同比例分摊"),
    "insurer": ("borne by the insurer", "保险人承担"),
    "insured": ("borne by the insured", "被保险人承担"),
    "none": ("none", "无"),
}
"""What a choice is called, in English and in Chinese."""
