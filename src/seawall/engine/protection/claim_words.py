"""What the documents of a claim file are called, in English and in Chinese."""

from __future__ import annotations

from typing import Final

DOCUMENT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "claim_form": ("claim form", "索赔申请书"),
    "invoices": ("invoices", "发票"),
    "statement_of_account": ("statement of account by month", "逐月对账单"),
    "contract": ("contract and order", "合同及订单"),
    "delivery_proof": ("proof of delivery", "交货凭证（提单、签收单）"),
    "correspondence": ("correspondence", "往来函件"),
    "limit_history": ("limit history", "限额批复记录"),
    "discretionary_evidence": ("evidence for the discretionary limit", "自行掌握限额的依据"),
    "notice_copy": ("copy of the overdue notice", "可损通知书副本"),
    "debt_confirmation": ("confirmation of the debt by a third party", "第三方债权证明"),
    "securities": ("papers of securities", "担保文件"),
    "insolvency_confirmation": ("confirmation of the insolvency", "破产证明"),
    "refusal_statement": ("statement that the goods were refused", "拒收证明"),
    "political_evidence": ("evidence of the political event", "政治风险证明"),
}
"""By code of the document."""
