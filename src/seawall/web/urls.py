"""The addresses of the pages, by room."""

from __future__ import annotations

from django.urls import path

from seawall.web import signing
from seawall.web.action import approvals
from seawall.web.action import views as action
from seawall.web.ledger import (
    ageing,
    bank,
    bills,
    customer_acts,
    customers,
    imports,
    item_acts,
    item_list,
    items,
    mappings,
    periods,
    search,
    statement,
    turnover,
    unmatched,
)
from seawall.web.protection import views as protection
from seawall.web.risk import views as risk
from seawall.web.settings import account, people, policies, runs
from seawall.web.settings import views as settings
from seawall.web.today import views as today
from seawall.web.why import views as why

urlpatterns = [
    path("", today.view, name="today"),
    path("sign-in/", signing.SignIn.as_view(), name="sign_in"),
    path("sign-in/second/", signing.second_factor, name="second_factor"),
    path("sign-in/by/<int:provider_id>/", signing.provider, name="provider"),
    path("sign-in/back/", signing.provider_back, name="provider_back"),
    path("sign-out/", signing.SignOut.as_view(), name="sign_out"),
    path("welcome/<str:secret>/", signing.welcome, name="welcome"),
    path("language/", signing.language, name="language"),
    path("report/", today.report, name="report"),
    path("ledger/ageing/", ageing.view, name="ageing"),
    path("ledger/turnover/", turnover.view, name="turnover"),
    path("ledger/search/", search.view, name="search"),
    path("ledger/customers/", customers.view, name="customers"),
    path("ledger/customers/<path:code>/statement/", statement.view, name="statement"),
    path("ledger/customers/<path:code>/do/<slug:act>/", customer_acts.view, name="customer_act"),
    path("ledger/customers/<path:code>/", customers.one, name="customer"),
    path("ledger/tasks/<int:number>/", item_acts.task, name="task"),
    path("ledger/documents/<int:number>/", item_acts.document, name="document"),
    path("ledger/items/", item_list.view, name="items"),
    path(
        "ledger/items/<str:entity>/<str:side>/<path:number>/do/withdraw/",
        item_acts.withdraw,
        name="allocation_withdraw",
    ),
    path("ledger/items/<str:entity>/<str:side>/<path:number>/do/<slug:act>/", item_acts.view, name="item_act"),
    path("ledger/items/<str:entity>/<str:side>/<path:number>/", items.view, name="item"),
    path("ledger/bank/", bank.view, name="bank"),
    path("ledger/unmatched/", unmatched.view, name="unmatched"),
    path("ledger/unmatched/<int:entry_id>/", unmatched.one, name="entry"),
    path("ledger/cases/", unmatched.cases, name="cases"),
    path("ledger/periods/", periods.view, name="periods"),
    path("ledger/periods/<int:number>/", periods.one, name="period"),
    path("ledger/periods/<int:number>/<str:kind>/", periods.file, name="period_file"),
    path("ledger/imports/", imports.view, name="imports"),
    path("ledger/imports/new/", imports.send, name="upload_new"),
    path("ledger/imports/uploads/<uuid:upload_id>/", imports.one_upload, name="upload"),
    path("ledger/imports/<int:file_id>/", imports.one_file, name="import"),
    path("ledger/imports/<int:file_id>/original/", imports.original, name="import_original"),
    path("ledger/imports/<int:file_id>/undo/", imports.undo, name="import_undo"),
    path("ledger/mappings/", mappings.view, name="mappings"),
    path("ledger/mappings/new/", mappings.new, name="mapping_new"),
    path("ledger/mappings/<str:name>/", mappings.one, name="mapping"),
    path("ledger/bills/", bills.view, name="bills"),
    path("ledger/bills/<str:entity>/<path:number>/", bills.one, name="bill"),
    path("risk/roll-rates/", risk.roll_rates, name="roll_rates"),
    path("risk/concentration/", risk.concentration, name="concentration"),
    path("protection/provision/", protection.view, name="provision"),
    path("action/worklist/", action.view, name="worklist"),
    path("action/approvals/", approvals.view, name="approvals"),
    path("action/approvals/<int:number>/", approvals.one, name="approval"),
    path("settings/policies/", policies.view, name="policies"),
    path("settings/policies/<str:policy_id>/", policies.one, name="policy"),
    path("settings/policies/<str:policy_id>/edit/", policies.edit, name="policy_edit"),
    path("settings/single-user/", settings.single_user, name="single_user"),
    path("settings/runs/", runs.view, name="runs"),
    path("settings/runs/<uuid:run_id>/", runs.one, name="run"),
    path("settings/", settings.organisation, name="settings"),
    path("settings/audit/", settings.verify, name="audit"),
    path("settings/account/", account.view, name="account"),
    path("settings/account/change/", account.change, name="account_change"),
    path("settings/account/app/", account.app, name="account_app"),
    path("settings/account/passkey/", account.passkey, name="account_passkey"),
    path("settings/account/codes/", account.codes, name="account_codes"),
    path("settings/token/", account.token, name="token"),
    path("settings/password/", account.password, name="password"),
    path("settings/people/", people.view, name="people"),
    path("settings/people/roles/", people.matrix, name="roles"),
    path("settings/people/providers/", people.providers, name="providers"),
    path("settings/people/invite/", people.invite, name="invite"),
    path("settings/people/by-name/<str:username>/", people.one, name="person"),
    path("why/<str:figure>/", why.view, name="why"),
]
