"""Django's settings: which parts are wired together, and the safe defaults of every installation."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF

from seawall.site.logs import logging_settings
from seawall.store.home import home

PACKAGE = Path(__file__).resolve().parents[1]
HOME = home()


def _flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")


def _secret_key() -> str:
    """The home's own key, kept closed beside the store; where there is no home, one for this process alone."""
    if given := os.environ.get("SEAWALL_SECRET_KEY"):
        return given
    try:
        return (HOME.path / "secret_key").read_text(encoding="utf-8").strip()
    except OSError:
        return secrets.token_urlsafe(50)


DEBUG = _flag("SEAWALL_DEBUG")
SECRET_KEY = _secret_key()
IS_TLS = _flag("SEAWALL_TLS")
"""Whether people reach the pages by https, here or at a proxy in front."""

ALLOWED_HOSTS = os.environ.get("SEAWALL_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_FAILURE_VIEW = "seawall.web.errors.csrf_failed"
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("SEAWALL_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "seawall.store",
    "seawall.web",
]
MIDDLEWARE = [
    "seawall.web.health.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "seawall.site.turns.TurnMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "seawall.web.sessions.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "seawall.web.reader.ReaderMiddleware",
]
ROOT_URLCONF = "seawall.site.urls"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "sign_in"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the style sheet draws its arrows as data addresses
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
"""Nothing is loaded from elsewhere, and no script or style stands in a page itself."""

WSGI_APPLICATION = "seawall.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

DATABASES = HOME.database().django()
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "store.User"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
"""The worker names its tasks itself; pages and commands only put rows into the queue."""

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = HOME.path / "static"
IS_COLLECTED = (STATIC_ROOT / "staticfiles.json").exists()
"""``seawall serve`` collects the files under names that hold their hash; without it they go by their own names."""

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

SESSION_ENGINE = "seawall.web.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 7 * 24 * 3600
"""The longest any session may be set to last; the store ends it earlier (``services/sessions``)."""

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_TLS
SECURE_SSL_REDIRECT = IS_TLS
SECURE_REDIRECT_EXEMPT = [r"^health/(live|ready)$", r"^metrics$"]
"""A monitor on this machine asks without TLS."""

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("SEAWALL_BEHIND_PROXY") else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_TLS
X_FRAME_OPTIONS = "DENY"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

ANCHOR_FILE = os.environ.get("SEAWALL_ANCHOR_FILE", "")
"""Where the head of the audit record is kept each day: a path on another disk or machine."""

ANCHOR_MAIL = [one.strip() for one in os.environ.get("SEAWALL_ANCHOR_MAIL", "").split(",") if one.strip()]
"""To whom it is sent as well."""

LOGGING = logging_settings(is_json=bool(os.environ.get("SEAWALL_LOG")))
"""With ``SEAWALL_LOG`` set: one line of JSON for each request and event, on standard error, secrets left out."""
