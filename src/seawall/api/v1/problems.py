"""Every refusal as a problem document (RFC 9457), with the stable codes of the error tree."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from pydantic import Field

from seawall.engine.kernel import errors
from seawall.engine.kernel.text import is_keepable
from seawall.exchange.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

MEDIA_TYPE = "application/problem+json"
FAULTS_MAX = 100
"""As many rows are named; the count stands in the sentence."""

STATUS: tuple[tuple[type[errors.SeawallError], HTTPStatus], ...] = (
    (errors.UsageError, HTTPStatus.BAD_REQUEST),
    (errors.InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.PolicyError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (errors.TooManyAttempts, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.NotPermitted, HTTPStatus.FORBIDDEN),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.OutsideError, HTTPStatus.BAD_GATEWAY),
)
"""HTTP status by kind of error, the first that fits; anything else is 500. The pages map the same way."""


class Fault(Schema):
    """One parameter, or one row, that cannot be taken."""

    where: list[str | int] = Field(
        description="Which: `query`, `as_of`; or table, row and column: `items`, 3, `amount`."
    )
    message: str


class Problem(Schema):
    """A refusal, as RFC 9457 has it. `code` is stable; `detail` and `hint` are for people, in their language."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    hint: str = ""
    faults: list[Fault] = Field(default_factory=list)


NOTHING: Any = None
"""The answer of an operation that gives no JSON: a file, or nothing at all."""


def responses(answer: type[Any], *also: int) -> dict[int, Any]:
    """All answers of an operation: its own, and every refusal it may give."""
    refusals = {400, 401, 403, 409, 422, 429, *also}
    return {200: answer, **dict.fromkeys(sorted(refusals), Problem)}


def status_of(error: errors.SeawallError) -> HTTPStatus:
    """The HTTP status an error is told with."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def told(
    status: int, *, code: str, detail: str, hint: str = "", faults: list[dict[str, Any]] | None = None
) -> HttpResponse:
    """One problem document."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        hint=hint,
        faults=[Fault(**fault) for fault in faults or []],
    )
    response = HttpResponse(json.dumps(body.model_dump(), ensure_ascii=False), status=status, content_type=MEDIA_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="seawall"'
    return response


class Keepable(Parser):
    """Reads the JSON of a request, and refuses text that cannot be kept wherever it stands in it."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body of a request.

        Raises:
            InputError: a text of it cannot be kept; Ninja tells it as an error of its own, with this as the cause.
        """
        body = super().parse_body(request)
        if not all(map(is_keepable, _texts(body))):
            raise errors.InputError("The text holds a character that cannot be kept.", hint="Type it anew.")
        return body


def _texts(body: Any) -> Iterator[str]:
    """Every text of a JSON value, the names of its fields too."""
    left = [body]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one


class ProblemAPI(NinjaAPI):
    """An API whose description says under which media type refusals come."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """Ninja's description, refusals as problem documents."""
        schema = super().get_openapi_schema(**kwargs)
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in answer.get("content", {}):
                        answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
        return schema


def _faults(rejects: Any) -> list[dict[str, Any]]:
    """Rows that cannot be taken: table, row and column of each, and why."""
    if rejects is None:
        return []
    return [
        {
            "where": [row["file"].partition(".")[0], row["row"] or 0, row["column"]],
            "message": language().say(row["hint"], **{name: row[name] for name in ("column", "value", "expected")}),
        }
        for row in rejects[:FAULTS_MAX].iter_rows(named=True)
    ]


def language() -> Language:
    """The language the caller asked for, in Accept-Language."""
    return Language.named(get_language() or "en")


def install(api: NinjaAPI) -> None:
    """Tell each kind of exception as a problem."""

    @api.exception_handler(errors.SeawallError)
    def _ours(request: HttpRequest, error: errors.SeawallError) -> HttpResponse:  # noqa: ARG001
        faults = _faults(getattr(error, "rejects", None))
        detail, hint = language().error(error)
        return told(int(status_of(error)), code=error.code, detail=detail, hint=hint, faults=faults)

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:  # noqa: ARG001
        faults = [{"where": list(each["loc"]), "message": each["msg"]} for each in error.errors]
        return told(422, code="invalid", detail=_("A parameter cannot be taken as it is."), faults=faults)

    @api.exception_handler(AuthenticationError)
    def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
        return told(401, code="not_signed_in", detail=_("No valid token came with the request."),
                    hint=_("Send Authorization: Bearer and a token made under Organisation."))  # fmt: skip

    @api.exception_handler(Http404)
    def _nowhere(request: HttpRequest, error: Http404) -> HttpResponse:  # noqa: ARG001
        return told(404, code="not_found", detail=_("There is nothing at this address."))

    @api.exception_handler(HttpError)
    def _other(request: HttpRequest, error: HttpError) -> HttpResponse:
        if isinstance(error.__cause__, errors.SeawallError):
            return _ours(request, error.__cause__)
        return told(error.status_code, code="refused", detail=str(error))
