"""The door: password, second factor, links that serve once, signing out, and choosing the language."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import views as django_views
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from seawall.engine.kernel.errors import InputError, NotFound, OutsideError
from seawall.services import access, founding, invitations, passkeys, second_factors, sessions, sign_in, single_sign_on
from seawall.web import errors, forms
from seawall.web.sessions import look_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.forms import AuthenticationForm

YEAR_S = 365 * 24 * 3600
HALF_WAY = "half_way"
"""Where the session keeps who gave the right password, until the second factor is right too."""

HALF_WAY_FOR = dt.timedelta(minutes=10)
BACKEND = "django.contrib.auth.backends.ModelBackend"
TOO_MANY = 429


def only(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view that answers these methods alone, and says which, so that tests find every way in."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        answer = require_http_methods(list(methods))(view)
        answer.methods = methods  # type: ignore[attr-defined]
        return answer

    return wrap


class SignIn(django_views.LoginView):
    """Django's own sign-in, behind a throttle, and before a second factor where there is one."""

    template_name = "signin/sign_in.html"
    redirect_authenticated_user = True
    http_method_names = ("get", "head", "post")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The demo says so before one is in; providers of identities have a button each."""
        more = {"is_demo": founding.is_demo(), "providers": single_sign_on.offered()}
        return super().get_context_data(**kwargs) | more

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at no password of who is locked out, right or wrong, so that guessing tells nothing."""
        who = _who(request)
        if sign_in.is_locked_out(**who, at=timezone.now()):
            form = self.get_form()
            cast("Any", form)._errors = ErrorDict()  # noqa: SLF001 - bound, and deliberately not validated
            context = self.get_context_data(form=form)
            context["locked"] = _("Too many attempts. Wait a quarter of an hour, then try again.")
            return self.render_to_response(context, status=TOO_MANY)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Start afresh; go in, or on to the second factor."""
        sign_in.note_success(**_who(self.request))
        user = cast("Any", form.get_user())
        if second_factors.kinds(user.pk):
            return half_way(self.request, user, self.get_success_url())
        return let_in(self.request, user, self.get_success_url(), way="password")

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the failure, whether or not there is such a user."""
        sign_in.note_failure(**_who(self.request), at=timezone.now())
        cast("Any", form)._errors = ErrorDict()  # noqa: SLF001 - one sentence for every cause, so that none is told apart
        form.add_error(None, _("User and password do not fit together."))
        return super().form_invalid(form)


def half_way(request: HttpRequest, user: Any, to: str) -> HttpResponse:
    """Remember who gave the right password, under a new session, and ask for the second factor."""
    request.session.flush()
    request.session[HALF_WAY] = {"user": user.pk, "at": timezone.now().isoformat(), "to": to}
    return redirect("second_factor")


def let_in(request: HttpRequest, user: Any, to: str, *, way: str) -> HttpResponse:
    """Sign a user in under a new session, in the language chosen at the door."""
    auth.login(request, user, backend=BACKEND)
    look_at(request)
    actor = access.actor_of(user)
    sign_in.note_sign_in(actor, way=way)
    response = HttpResponseRedirect(to)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen and check_for_language(chosen):
        sign_in.set_language(actor, language=chosen)
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


@only("GET", "HEAD", "POST")
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a code of the app, a recovery code or a passkey."""
    kept = request.session.get(HALF_WAY)
    if not kept or timezone.now() - dt.datetime.fromisoformat(kept["at"]) > HALF_WAY_FOR:
        request.session.pop(HALF_WAY, None)
        return redirect("sign_in")
    user = sign_in.user_half_way(kept["user"])
    if user is None:
        return redirect("sign_in")
    if request.method != "POST":
        return _ask_second(request, user)
    address, now = request.META.get("REMOTE_ADDR", ""), timezone.now()
    if sign_in.is_code_locked_out(username=user.username, address=address, at=now):
        return _ask_second(request, user, _("Too many attempts. Wait a quarter of an hour, then try again."), TOO_MANY)
    if not (way := _second_way(request, user.pk, now)):
        sign_in.note_failure(username=sign_in.CODES + user.username, address=address, at=now)
        return _ask_second(request, user, _("This is not right. Look at the app again, or use another way."))
    return let_in(request, user, kept["to"], way=way)


def _second_way(request: HttpRequest, user_id: int, now: dt.datetime) -> str:
    """Which second factor was right; none is the empty text."""
    answer = request.POST.get("passkey", "")
    if not answer:
        code = request.POST.get("code", "")[:40]
        return "code" if second_factors.is_right(user_id, code, at=now) else ""
    state = request.session.pop("passkey_state", None)
    right = state and passkeys.is_right(user_id, site=site_of(request), state=state, answer=read_json(answer), at=now)
    return "passkey" if right else ""


def _ask_second(request: HttpRequest, user: Any, problem: str = "", status: int = 200) -> HttpResponse:
    kinds = second_factors.kinds(user.pk)
    options = None
    if "passkey" in kinds:
        options, request.session["passkey_state"] = passkeys.begin_asking(user.pk, site=site_of(request))
    context = {"kinds": kinds, "options": options, "problem": problem, "is_demo": founding.is_demo()}
    return render(request, "signin/second.html", context, status=status)


def site_of(request: HttpRequest) -> passkeys.Site:
    """The address the reader's browser shows."""
    host = request.get_host()
    return passkeys.Site(host.rsplit(":", 1)[0] if host[-1:] != "]" else host, f"{request.scheme}://{host}")


def read_json(text: str) -> dict[str, Any]:
    """What a page's script sent in a field; nothing where it is not what a script sends."""
    try:
        found = json.loads(text[:20_000])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@only("GET", "HEAD", "POST")
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """An invitation or a reset: choose a password, once."""
    address, now = request.META.get("REMOTE_ADDR", ""), timezone.now()
    if sign_in.is_address_locked_out(address=address, at=now):
        return render(request, "signin/welcome.html", {"locked": True}, status=TOO_MANY)
    try:
        whom = invitations.welcome(secret, at=now)
    except NotFound:
        sign_in.note_failure(username=sign_in.LINKS, address=address, at=now)
        raise
    given, problem = request.POST, ""
    if request.method == "POST":
        problem = _("The two new passwords differ.") if given.get("new") != given.get("again") else ""
        try:
            if not problem:
                invitations.accept(secret, new=given.get("new", ""), at=now)
                return redirect("sign_in")
        except InputError as error:
            problem = errors.say(error.template, error.params)
    return render(request, "signin/welcome.html", {"whom": whom, "problem": problem})


class SignOut(django_views.LogoutView):
    """Django's own signing out; the session is over on our side too."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End this browser's session."""
        if key := request.session.session_key:
            sessions.sign_out(key=key, at=timezone.now())
        return super().post(request, *args, **kwargs)


def _who(request: HttpRequest) -> dict[str, str]:
    return {"username": request.POST.get("username", "")[:150], "address": request.META.get("REMOTE_ADDR", "")}


@only("POST")
def language(request: HttpRequest) -> HttpResponse:
    """Speak the other language from now on: remembered for the user, or by a cookie while nobody is signed in."""
    chosen = request.POST.get("language", "")
    back = request.POST.get("next", "")
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=hosts, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else resolve_url("today"))
    if chosen not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        sign_in.set_language(access.actor_of(cast("Any", request.user)), language=chosen)
    else:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR_S, samesite="Lax", httponly=True, secure=secure
        )
    return response


@only("GET", "HEAD")
def provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Go to a provider of identities, and remember what its answer must carry."""
    to = request.GET.get("next", "")
    try:
        asked = single_sign_on.begin(provider_id, back=request.build_absolute_uri(resolve_url("provider_back")))
    except (NotFound, OutsideError) as error:  # removed, or down: there are other ways in
        forms.refused(request, error)
        return HttpResponseRedirect(f"{resolve_url('sign_in')}?{urlencode({'next': to} if to else {})}")
    safe = url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    request.session["provider"] = asked.kept | {"to": to if safe else "", "at": timezone.now().isoformat()}
    return HttpResponseRedirect(asked.address)


@only("GET", "HEAD")
def provider_back(request: HttpRequest) -> HttpResponse:
    """Come back from a provider of identities."""
    kept, now = request.session.pop("provider", None), timezone.now()
    user = single_sign_on.finish(
        kept, state=request.GET.get("state", ""), code=request.GET.get("code", ""),
        back=request.build_absolute_uri(resolve_url("provider_back")), at=now,
    )  # fmt: skip
    to = (kept or {}).get("to") or resolve_url("today")
    if second_factors.kinds(user.pk):
        return half_way(request, user, to)
    return let_in(request, user, to, way="provider")
