"""People, roles, deputies and tokens: list, invite and change them; each asks one service."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import here
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.services import deputies, invitations, people, sign_in, sign_in_rules, single_sign_on, single_user
from seawall.services.access import Grant
from seawall.services.organisation import day_of
from seawall.services.role_words import ROLE_WORDS, table

router = Router(tags=["people"])
Name = Annotated[str, Field(min_length=1, max_length=150)]
Code = Annotated[str, Field(max_length=60)]
Number = Annotated[int, Field(ge=0, lt=2**31)]


class Role(Schema):
    """A role in one entity, or in all of them (`entity` is null)."""

    role: Code
    entity: Code | None = None


class Person(Schema):
    """Somebody who may sign in."""

    username: str
    name: str
    email: str
    language: str
    is_active: bool
    has_second_factor: bool
    last_seen_at: dt.datetime | None
    roles: list[Role]


class People(Schema):
    """Everybody, by sign-in name."""

    rows: list[Person]


class Invited(Schema):
    """A link that serves once: `secret` belongs behind `/welcome/`; it is told this once."""

    username: str
    secret: str
    expires_at: dt.datetime


class Invitation(Schema):
    """Whom to invite."""

    username: Name
    name: Annotated[str, Field(max_length=150)] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    language: Code = "en"
    roles: Annotated[list[Role], Field(max_length=200)] = []


class PersonChange(Schema):
    """What a person is called, where mail goes, which language is spoken; what is null stays."""

    name: Annotated[str, Field(max_length=150)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    language: Code | None = None


class Right(Schema):
    """One row of the table of roles."""

    verb: str
    roles: list[str]


class Rights(Schema):
    """What roles may do."""

    rows: list[Right]


class Deputyship(Schema):
    """Who acts for whom, and when."""

    deputy_id: int
    principal: str
    deputy: str
    from_day: dt.date
    to_day: dt.date
    is_ended: bool


class Deputyships(Schema):
    """The caller's deputies, and those the caller is a deputy of."""

    rows: list[Deputyship]


class Appointment(Schema):
    """Whom to appoint; without `principal` the caller's own deputy."""

    deputy: Name
    principal: Annotated[str, Field(max_length=150)] = ""
    from_day: dt.date
    to_day: dt.date


class Appointed(Schema):
    """The new deputyship's number."""

    deputy_id: int


class Done(Schema):
    """It is done."""

    done: bool = True


class Token(Schema):
    """A token without its secret; `verbs` and `entities` are null where it may all that its user may."""

    token_id: int
    name: str
    created_at: dt.datetime
    expires_at: dt.datetime
    last_used_at: dt.datetime | None
    is_revoked: bool
    verbs: list[str] | None
    entities: list[str] | None


class Tokens(Schema):
    """The caller's tokens, newest first."""

    rows: list[Token]


class NewToken(Schema):
    """A token to make; a program's token makes no tokens, so this is asked in a session."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    days: Annotated[int, Field(ge=1, le=sign_in.TOKEN_DAYS_MAX)] = 90
    verbs: Annotated[list[Code], Field(max_length=100)] | None = None
    entities: Annotated[list[Code], Field(max_length=500)] | None = None


class Made(Schema):
    """The token itself, told this once."""

    secret: str
    expires_at: dt.datetime


class Rules(Schema):
    """How people come in."""

    second_factor_roles: Annotated[list[Code], Field(max_length=50)]
    idle_minutes: Annotated[int, Field(ge=1, le=sign_in_rules.IDLE_MINUTES_MAX)]
    absolute_hours: Annotated[int, Field(ge=1, le=sign_in_rules.ABSOLUTE_HOURS_MAX)]


class SingleUserChange(Schema):
    """Single-user mode was switched on or off."""

    is_on: bool
    from_day: dt.date
    actor: str
    reason: str


class SingleUser(Schema):
    """Whether one person may approve alone, and since when; `history`: every switch, newest first."""

    is_on: bool
    from_day: dt.date | None
    actor: str
    reason: str
    history: list[SingleUserChange]


class SingleUserSwitch(Schema):
    """Switch single-user mode on or off from today."""

    is_on: bool
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Provider(Schema):
    """A provider of identities to keep; an empty secret stays as it was."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    issuer: Annotated[str, Field(min_length=8, max_length=200)]
    client_id: Annotated[str, Field(min_length=1, max_length=200)]
    secret: Annotated[str, Field(max_length=500)] = ""
    is_active: bool = True


class ProviderShown(Schema):
    """A provider of identities, without its secret."""

    provider_id: int
    name: str
    issuer: str
    client_id: str
    is_active: bool


class Providers(Schema):
    """Every provider of identities."""

    rows: list[ProviderShown]


class ProviderKept(Schema):
    """The provider's number."""

    provider_id: int


@router.get("/people", response=problems.responses(People))
def people_list(request: HttpRequest) -> dict[str, Any]:
    """Everybody who may sign in, for administrators and auditors."""
    return {"rows": [_shown(person) for person in people.everyone(actor_of(request))]}


@router.post("/people", response=problems.responses(Invited, 404, 409))
def people_invite(request: HttpRequest, asked: Invitation, key: Key = "") -> dict[str, Any]:
    """Invite somebody: the link's secret is told once."""
    link = invitations.invite(
        actor_of(request), username=asked.username, name=asked.name, email=asked.email, language=asked.language,
        grants=[Grant(each.role, each.entity) for each in asked.roles], at=timezone.now(), key=key_of(request, key),
    )  # fmt: skip
    return {"username": asked.username.strip(), "secret": link.secret, "expires_at": link.expires_at}


@router.get("/people/{username}", response=problems.responses(Person))
def person(request: HttpRequest, username: str) -> dict[str, Any]:
    """One person."""
    return _shown(people.person(actor_of(request), username=username))


@router.patch("/people/{username}", response=problems.responses(Person, 409))
def person_change(request: HttpRequest, username: str, asked: PersonChange, key: Key = "") -> dict[str, Any]:
    """Change what a person is called, where mail goes, which language is spoken."""
    actor = actor_of(request)
    people.change(actor, username=username, **asked.dict(), key=key_of(request, key))
    return _shown(people.person(actor, username=username))


@router.post("/people/{username}/roles", response=problems.responses(Person, 409))
def person_grant(request: HttpRequest, username: str, asked: Role, key: Key = "") -> dict[str, Any]:
    """Give a role; giving it twice is giving it once."""
    people.grant(actor_of(request), username=username, given=Grant(asked.role, asked.entity), key=key_of(request, key))
    return _shown(people.person(actor_of(request), username=username))


@router.delete("/people/{username}/roles", response=problems.responses(Person, 409))
def person_revoke(
    request: HttpRequest, username: str, role: Code, entity: Code | None = None, key: Key = ""
) -> dict[str, Any]:
    """Take a role; all sessions of the person end."""
    people.revoke(actor_of(request), username=username, taken=Grant(role, entity), key=key_of(request, key))
    return _shown(people.person(actor_of(request), username=username))


@router.post("/people/{username}/deactivate", response=problems.responses(Person, 409))
def person_deactivate(request: HttpRequest, username: str, key: Key = "") -> dict[str, Any]:
    """Shut somebody out at once."""
    people.set_active(actor_of(request), username=username, is_active=False, key=key_of(request, key))
    return _shown(people.person(actor_of(request), username=username))


@router.post("/people/{username}/reactivate", response=problems.responses(Person, 409))
def person_reactivate(request: HttpRequest, username: str, key: Key = "") -> dict[str, Any]:
    """Let somebody in again."""
    people.set_active(actor_of(request), username=username, is_active=True, key=key_of(request, key))
    return _shown(people.person(actor_of(request), username=username))


@router.post("/people/{username}/reset", response=problems.responses(Invited, 409))
def person_reset(request: HttpRequest, username: str, key: Key = "") -> dict[str, Any]:
    """Give somebody a new start: password, second factors and sessions end; the link's secret is told once."""
    link = invitations.reset(actor_of(request), username=username, at=timezone.now(), key=key_of(request, key))
    return {"username": username, "secret": link.secret, "expires_at": link.expires_at}


@router.get("/roles", response=problems.responses(Rights))
def role_list(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - everybody may read it
    """What each role may do, as it is enforced."""
    return {"rows": [{"verb": right.verb, "roles": sorted(right.roles & set(ROLE_WORDS))} for right in table()]}


@router.get("/deputies", response=problems.responses(Deputyships))
def deputy_list(request: HttpRequest) -> dict[str, Any]:
    """The caller's deputies, and those the caller is a deputy of."""
    actor = actor_of(request)
    return {"rows": deputies.of(actor)}


@router.post("/deputies", response=problems.responses(Appointed, 409))
def deputy_appoint(request: HttpRequest, asked: Appointment, key: Key = "") -> dict[str, Any]:
    """Appoint a deputy; people appoint their own, administrators anybody's."""
    actor = actor_of(request)
    number = deputies.appoint(
        actor, principal=asked.principal or actor.name, deputy=asked.deputy,
        from_day=asked.from_day, to_day=asked.to_day, key=key_of(request, key),
    )  # fmt: skip
    return {"deputy_id": number}


@router.delete("/deputies/{deputy_id}", response=problems.responses(Done, 404, 409))
def deputy_end(request: HttpRequest, deputy_id: Number, key: Key = "") -> dict[str, Any]:
    """End a deputyship at once."""
    deputies.end(actor_of(request), deputy_id=deputy_id, key=key_of(request, key))
    return {"done": True}


@router.get("/tokens", response=problems.responses(Tokens))
def token_list(request: HttpRequest) -> dict[str, Any]:
    """The caller's tokens."""
    return {"rows": sign_in.tokens(actor_of(request))}


@router.post("/tokens", response=problems.responses(Made, 404, 409))
def token_make(request: HttpRequest, asked: NewToken, key: Key = "") -> dict[str, Any]:
    """Make a token; it is told this once."""
    now = timezone.now()
    secret = sign_in.make_token(
        actor_of(request), name=asked.name, days=asked.days, at=now, verbs=asked.verbs, entities=asked.entities,
        key=key_of(request, key),
    )  # fmt: skip
    return {"secret": secret, "expires_at": now + dt.timedelta(days=asked.days)}


@router.delete("/tokens/{token_id}", response=problems.responses(Done, 404, 409))
def token_revoke(request: HttpRequest, token_id: Number, key: Key = "") -> dict[str, Any]:
    """End a token at once."""
    sign_in.revoke_token(actor_of(request), token_id=token_id, at=timezone.now(), key=key_of(request, key))
    return {"done": True}


@router.get("/sign-in/rules", response=problems.responses(Rules))
def rules(request: HttpRequest) -> dict[str, Any]:
    """How people come in: sessions' lengths, and which roles need a second factor."""
    actor_of(request)
    held = sign_in_rules.rules(day_of(timezone.now()))
    return {
        "second_factor_roles": sorted(held.second_factor_roles),
        "idle_minutes": held.idle_minutes,
        "absolute_hours": held.absolute_hours,
    }


@router.put("/sign-in/rules", response=problems.responses(Done, 409))
def rules_change(request: HttpRequest, asked: Rules, key: Key = "") -> dict[str, Any]:
    """Set how people come in."""
    sign_in_rules.change_rules(actor_of(request), **asked.dict(), key=key_of(request, key))
    return {"done": True}


@router.get("/single-user", response=problems.responses(SingleUser))
def single_user_mode(request: HttpRequest) -> Any:
    """Whether one person may approve what they proposed."""
    actor_of(request)
    return single_user.mode()


@router.put("/single-user", response=problems.responses(SingleUser, 409))
def single_user_switch(request: HttpRequest, asked: SingleUserSwitch, key: Key = "") -> Any:
    """Switch single-user mode; refused where a second person may approve."""
    return single_user.switch(
        actor_of(request), is_on=asked.is_on, on=here(request), reason=asked.reason, key=key_of(request, key)
    )  # fmt: skip


@router.get("/sign-in/providers", response=problems.responses(Providers))
def provider_list(request: HttpRequest) -> dict[str, Any]:
    """Every provider of identities, for who keeps integrations."""
    return {"rows": single_sign_on.providers(actor_of(request))}


@router.put("/sign-in/providers", response=problems.responses(ProviderKept, 502, 409))
def provider_keep(request: HttpRequest, asked: Provider, key: Key = "") -> dict[str, Any]:
    """Add a provider of identities, or change the one of this issuer."""
    return {"provider_id": single_sign_on.keep_provider(actor_of(request), **asked.dict(), key=key_of(request, key))}


@router.delete("/sign-in/providers/{provider_id}", response=problems.responses(Done, 404, 409))
def provider_remove(request: HttpRequest, provider_id: Number, key: Key = "") -> dict[str, Any]:
    """Remove a provider of identities: nobody comes in by it any more, and who was linked to it is linked no more."""
    single_sign_on.remove_provider(actor_of(request), provider_id=provider_id, key=key_of(request, key))
    return {"done": True}


def _shown(person: people.Person) -> dict[str, Any]:
    return {
        "username": person.username,
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "is_active": person.is_active,
        "has_second_factor": person.factors > 0,
        "last_seen_at": person.last_seen_at,
        "roles": [{"role": each.role, "entity": each.entity} for each in person.grants],
    }
