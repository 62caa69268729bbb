"""Every table of the product, by room."""

from seawall.store.models.approvals import Proposal, ProposalDecision, SingleUserChange
from seawall.store.models.bank import (
    BankAccount,
    BankCase,
    BankCaseEnd,
    BankEntry,
    BankMatch,
    BankMatchEnd,
    BankStatement,
)
from seawall.store.models.beside import CustomerMerge, Document, Note, Pause, TaskVersion
from seawall.store.models.bills import Bill, BillEvent
from seawall.store.models.evidence import LimitEvidence
from seawall.store.models.insured import (
    ClaimRecovery,
    ClaimStep,
    InsuranceClaim,
    InsuranceEvent,
    InsurancePolicyVersion,
    InsuredLimit,
)
from seawall.store.models.insurers import (
    InsuredCompany,
    InsurerCall,
    InsurerComparison,
    InsurerConnection,
    InsurerEvent,
    InsurerExchange,
    InsurerMessage,
    InsurerSending,
)
from seawall.store.models.intake import ImportUndo, SavedMapping, Upload
from seawall.store.models.intake_sources import IntakeSource, SourceFile
from seawall.store.models.jobs import BackupNote, Job, JobLine, Schedule
from seawall.store.models.ledger import (
    Account,
    Allocation,
    Contact,
    ControlBalance,
    Counter,
    Customer,
    CustomerVersion,
    Dispute,
    Instalment,
    Item,
    Rate,
    Supersession,
)
from seawall.store.models.mail import MailServer
from seawall.store.models.organisation import Entity, Membership, Organisation, User
from seawall.store.models.outward import OutboxAttempt, WebhookEndpoint
from seawall.store.models.periods import PeriodSignature, PeriodWithdrawal
from seawall.store.models.policies import PolicyVersion
from seawall.store.models.record import AuditEntry, ChainHead, IdempotencyKey, Outbox, Touch
from seawall.store.models.reminders import AlertAddress, CalendarAddress, Reminded, ReminderChoice
from seawall.store.models.runs import Run, RunPointer, RunStep
from seawall.store.models.sign_in import (
    ApiToken,
    Deputy,
    OneTimeLink,
    ProviderSubject,
    RecoveryCode,
    SecondFactor,
    SignedIn,
    SignInFailure,
    SignInProvider,
    SignInRules,
)
from seawall.store.models.sources import ImportFile, ImportReject, KeptFile
from seawall.store.models.views import SavedView

__all__ = [
    "Account",
    "AlertAddress",
    "Allocation",
    "ApiToken",
    "AuditEntry",
    "BackupNote",
    "BankAccount",
    "BankCase",
    "BankCaseEnd",
    "BankEntry",
    "BankMatch",
    "BankMatchEnd",
    "BankStatement",
    "Bill",
    "BillEvent",
    "CalendarAddress",
    "ChainHead",
    "ClaimRecovery",
    "ClaimStep",
    "Contact",
    "ControlBalance",
    "Counter",
    "Customer",
    "CustomerMerge",
    "CustomerVersion",
    "Deputy",
    "Dispute",
    "Document",
    "Entity",
    "IdempotencyKey",
    "ImportFile",
    "ImportReject",
    "ImportUndo",
    "Instalment",
    "InsuranceClaim",
    "InsuranceEvent",
    "InsurancePolicyVersion",
    "InsuredCompany",
    "InsuredLimit",
    "InsurerCall",
    "InsurerComparison",
    "InsurerConnection",
    "InsurerEvent",
    "InsurerExchange",
    "InsurerMessage",
    "InsurerSending",
    "IntakeSource",
    "Item",
    "Job",
    "JobLine",
    "KeptFile",
    "LimitEvidence",
    "MailServer",
    "Membership",
    "Note",
    "OneTimeLink",
    "Organisation",
    "Outbox",
    "OutboxAttempt",
    "Pause",
    "PeriodSignature",
    "PeriodWithdrawal",
    "PolicyVersion",
    "Proposal",
    "ProposalDecision",
    "ProviderSubject",
    "Rate",
    "RecoveryCode",
    "Reminded",
    "ReminderChoice",
    "Run",
    "RunPointer",
    "RunStep",
    "SavedMapping",
    "SavedView",
    "Schedule",
    "SecondFactor",
    "SignInFailure",
    "SignInProvider",
    "SignInRules",
    "SignedIn",
    "SingleUserChange",
    "SourceFile",
    "Supersession",
    "TaskVersion",
    "Touch",
    "Upload",
    "User",
    "WebhookEndpoint",
]
