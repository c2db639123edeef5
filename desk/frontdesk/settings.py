"""Settings of the desk. What differs between installations comes from the environment."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from frontdesk import env
from frontdesk.logs import logging_config

DESK = Path(__file__).resolve().parent.parent
ROOT = DESK.parent
# The knowledge package stands at the root because the assistant reads it too.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

PRODUCTION = env.choice("FRONTDESK_ENV", ("demo", "production"), "demo") == "production"
DEBUG = False

VAR = Path(env.text("FRONTDESK_VAR", str(ROOT / "var"))).resolve()
VAR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = env.secret("FRONTDESK_SECRET_KEY")
ENGINE_URL = env.url("FRONTDESK_ENGINE_URL", "http://127.0.0.1:5005")
ENGINE_SECRET = env.secret("FRONTDESK_ENGINE_SECRET")
DESK_SECRET = env.secret("FRONTDESK_DESK_SECRET")

ALLOWED_HOSTS = env.words("FRONTDESK_HOSTS")
if not ALLOWED_HOSTS:
    if PRODUCTION:
        raise ImproperlyConfigured("FRONTDESK_HOSTS must list the host names of the desk.")
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
if PRODUCTION and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("FRONTDESK_HOSTS must name hosts; * would accept any.")

# Pages on these origins may use the chat API besides the desk's own.
CHAT_ORIGINS = env.origins("FRONTDESK_ORIGINS")
# Proxies in front of the desk that append to X-Forwarded-For; 0 means it is reached directly.
TRUSTED_PROXIES = env.number("FRONTDESK_TRUSTED_PROXIES", 0, at_most=8)

CHAT_SESSION_AGE = timedelta(days=7)
CHAT_RATES = {
    # Messages of one session, messages of one address, new sessions of one address, and reads of
    # one address, each as (count, seconds). A clinic's waiting room shares one address.
    "session_messages": env.rate("FRONTDESK_RATE_SESSION_MESSAGES", "20/60"),
    "address_messages": env.rate("FRONTDESK_RATE_ADDRESS_MESSAGES", "120/60"),
    "address_sessions": env.rate("FRONTDESK_RATE_ADDRESS_SESSIONS", "60/600"),
    "address_reads": env.rate("FRONTDESK_RATE_ADDRESS_READS", "600/60"),
}
CHAT_STREAMS_PER_SESSION = 6
CHAT_HEARTBEAT_SECONDS = 15.0
# How long a patient waits before the safe message, and how long one attempt at the engine may last.
CHAT_ANSWER_SECONDS = 9.0
# An engine that restarts is worth this wait before the patient hears that nobody answers.
CHAT_AWAY_SECONDS = 3.0
# A message that describes an emergency gets its warning within this time, whatever is down.
CHAT_WARNING_SECONDS = 1.5
ENGINE_TIMEOUT_SECONDS = 12.0
# Longer than an attempt, so that only a dead holder's lease runs out.
TURN_LEASE_SECONDS = 15.0
# Failures with a healthy engine before a message is given up.
TURN_FAILURES = 5

# SMS is off until a provider is named. What the provider signs holds the desk's public address.
SMS_PROVIDER = env.choice("FRONTDESK_SMS_PROVIDER", ("", "twilio", "telnyx"), "")
PUBLIC_URL = env.url("FRONTDESK_PUBLIC_URL", "http://127.0.0.1:8000")
# Encrypts patients' numbers and words of consent; when it is lost, so are they.
SMS_KEY = env.secret("FRONTDESK_SMS_KEY") if PRODUCTION and SMS_PROVIDER else f"demo {SECRET_KEY}"
# A warning by SMS is on its way to the phone two seconds after the webhook, delivery included.
SMS_WARNING_SECONDS = 1.0
# How long a text with a warning may take to store before the webhook itself carries the warning.
SMS_STORE_SECONDS = 1.0
# Texts a second of each of the clinic's numbers, whatever the number of workers.
SMS_PER_SECOND = env.number("FRONTDESK_SMS_PER_SECOND", 1, at_most=100) or 1
TWILIO_ACCOUNT_SID = env.text("FRONTDESK_TWILIO_ACCOUNT_SID")
# The first token calls the API; all of them, and all shared keys, may sign (rotation).
TWILIO_AUTH_TOKENS = env.words("FRONTDESK_TWILIO_AUTH_TOKENS")
TWILIO_SHARED_KEYS = env.words("FRONTDESK_TWILIO_SHARED_KEYS")
TWILIO_API_URL = env.url("FRONTDESK_TWILIO_API_URL", "https://api.twilio.com")
TELNYX_API_KEY = env.text("FRONTDESK_TELNYX_API_KEY")
TELNYX_PUBLIC_KEYS = env.words("FRONTDESK_TELNYX_PUBLIC_KEYS")
TELNYX_API_URL = env.url("FRONTDESK_TELNYX_API_URL", "https://api.telnyx.com")
if SMS_PROVIDER == "twilio" and not (TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKENS):
    raise ImproperlyConfigured(
        "Twilio needs FRONTDESK_TWILIO_ACCOUNT_SID and FRONTDESK_TWILIO_AUTH_TOKENS."
    )
if SMS_PROVIDER == "telnyx" and not (TELNYX_API_KEY and TELNYX_PUBLIC_KEYS):
    raise ImproperlyConfigured(
        "Telnyx needs FRONTDESK_TELNYX_API_KEY and FRONTDESK_TELNYX_PUBLIC_KEYS."
    )

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "corsheaders",
    "csp",
    "frontdesk",
    "chat",
    "bookings",
    "sms",
    "staff",
    "pages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "frontdesk.middleware.ContentSecurityPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "frontdesk.middleware.static_files",
    "corsheaders.middleware.CorsMiddleware",
    "frontdesk.middleware.api_middleware",
    "frontdesk.middleware.Sessions",
    "frontdesk.middleware.Common",
    "django.middleware.csrf.CsrfViewMiddleware",
    "frontdesk.middleware.Authentication",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "frontdesk.urls"
ASGI_APPLICATION = "frontdesk.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
        },
    },
]


def database(url: str) -> dict[str, Any]:
    """Django's settings for the database at `url`, made for several processes that write.

    Raises ImproperlyConfigured for anything but SQLite and PostgreSQL.
    """
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, dj_database_url.UnknownSchemeError) as error:
        raise ImproperlyConfigured("DATABASE_URL is not a database address.") from error
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # A file, so that tests can start processes of their own on the same database.
        config["TEST"] = {"NAME": VAR / "test-desk.sqlite3"}
        options |= {
            "timeout": 20,
            # Take the write lock at BEGIN: a transaction that reads first and writes later would
            # otherwise fail at once when another one wrote in between.
            "transaction_mode": "IMMEDIATE",
            # FULL: an acknowledged message survives a power cut, not only a crash.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    elif config["ENGINE"] == "django.db.backends.postgresql":
        # Each request has its own thread, so connections are shared through a pool.
        options["pool"] = {"min_size": 1, "max_size": 16, "timeout": 8}
    else:
        raise ImproperlyConfigured("DATABASE_URL must name an SQLite or a PostgreSQL database.")
    return config


DATABASES = {"default": database(env.text("DATABASE_URL", f"sqlite:///{VAR / 'desk.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Without Redis each process counts for itself; one process needs no more.
REDIS_URL = env.text("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 50_000},
        }
    )
}

# Signing in: argon2, lock-out after five failures of a name from an address, idle time-out.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "staff/locked.html"
AXES_CLIENT_IP_CALLABLE = "frontdesk.addresses.client_address"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 20 * 60
SESSION_SAVE_EVERY_REQUEST = True  # each request of staff puts the idle time-out off
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
LOGIN_URL = "/staff/login/"
LOGIN_REDIRECT_URL = "/staff/"

if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    # Asked over loopback by probes and by the action server.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^internal/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # The desk speaks for its own host only: W005 (subdomains) and W021 (preload) would bind the
    # clinic's other sites.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# The chat API answers pages of the allowed origins. Its token travels in a header, never in a
# cookie, so no credentials are allowed.
CORS_ALLOWED_ORIGINS = CHAT_ORIGINS
CORS_URLS_REGEX = r"^/api/chat/.*$"
CORS_ALLOW_METHODS = ["GET", "POST", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "last-event-id"]
CORS_EXPOSE_HEADERS = ["retry-after"]
CORS_PREFLIGHT_MAX_AGE = 3600

DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

STATIC_URL = "/static/"
WIDGET_DIST = ROOT / "widget" / "dist"
# Served from the apps' own folders, so that nothing has to be collected before the first start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ROOT = WIDGET_DIST  # /widget.js and the chunk beside it
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

LOGGING = logging_config(env.choice("FRONTDESK_LOG", ("plain", "json"), "plain"))
