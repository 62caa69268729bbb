"""What of a policy can never come to bear is said, and nothing else."""

from mangled_policies import GOOD

from seawall.engine.protection.wording_remarks import customers_named, remarks
from seawall.policies.insurance import parse, templates

ODD = (
    GOOD.replace("currency: USD", "currency: USD\nbuyers: [C1, C9]").replace(
        "{rate: 0.85}", "{rate: 0.85, rules: [{cause: political, rate: 0.7}, {cause: insolvency, rate: 0.8}]}"
    )
    + """\
  excluded_buyers: [X1, X2, X3, X4, X5, X6, C1]
  public_buyers: {insured: false, codes: [C1]}
  buyer_codes: {C1: "1", C8: "8"}
  waiting_period:
    insolvency: {from: loss, length: {days: 0}}
    goods_refusal: {from: due, length: {months: 6}}
"""
)


def said(*asked):
    return [str(each) for each in remarks(*asked)]


def test_rules_for_causes_that_are_not_insured_are_said_once():
    assert said(parse(ODD, name="p.yaml")) == [
        "waiting_period says something of goods_refusal, which is not among the causes of loss insured: it never comes to bear.",
        "insured_rate says something of political, which is not among the causes of loss insured: it never comes to bear.",
    ]


def test_customers_nobody_is_are_said_where_a_ledger_is_at_hand():
    wording = parse(ODD, name="p.yaml")
    assert customers_named(wording)["buyer_codes"] == ("C1", "C8")
    assert said(wording, {"C1", "C9"})[2:] == [
        "6 of the customers that excluded_buyers names are not in the ledger: X1, X2, X3, X4, X5.",
        "1 of the customers that buyer_codes names are not in the ledger: C8.",
    ]
    assert said(wording, ())[2] == "2 of the customers that buyers names are not in the ledger: C1, C9."


def test_a_good_policy_and_the_templates_give_no_remark():
    assert said(parse(GOOD, name="p.yaml"), ()) == []
    assert [name for name, wording in templates().items() if said(wording)] == []
