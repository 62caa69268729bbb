"""The door: signing in with a lock-out after failures, signing out, and choosing the language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth import views as auth
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from seawall.services import access, founding, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.forms import AuthenticationForm


def only(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view that answers these methods alone, and says which, so that tests find every way in."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        answer = require_http_methods(list(methods))(view)
        answer.methods = methods  # type: ignore[attr-defined]
        return answer

    return wrap


YEAR_S = 365 * 24 * 3600


class SignIn(auth.LoginView):
    """Django's own sign-in, behind a throttle."""

    template_name = "signin/sign_in.html"
    redirect_authenticated_user = True
    http_method_names = ("get", "head", "post")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The demo says so before one is in."""
        return super().get_context_data(**kwargs) | {"is_demo": founding.is_demo()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at no password of who is locked out, right or wrong, so that guessing tells nothing."""
        who = _who(request)
        if sign_in.is_locked_out(**who, at=timezone.now()):
            form = self.get_form()
            cast("Any", form)._errors = ErrorDict()  # noqa: SLF001 - bound, and deliberately not validated
            context = self.get_context_data(form=form)
            context["locked"] = _("Too many attempts. Wait a quarter of an hour, then try again.")
            return self.render_to_response(context, status=429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Start afresh, and keep the language that was chosen at the door."""
        sign_in.note_success(**_who(self.request))
        response = super().form_valid(form)
        chosen = self.request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen and check_for_language(chosen):
            actor = access.actor_of(cast("Any", form.get_user()))
            sign_in.set_language(actor, language=chosen)
            response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the failure, whether or not there is such a user."""
        sign_in.note_failure(**_who(self.request), at=timezone.now())
        cast("Any", form)._errors = ErrorDict()  # noqa: SLF001 - one sentence for every cause, so that none is told apart
        form.add_error(None, _("User and password do not fit together."))
        return super().form_invalid(form)


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
