"""Every setting of the platform, from the environment. A bad or missing value stops the start and says which.

Where a service's address is unset, the address of the embedded one of this checkout is used (`services.environment`);
never in live mode.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

import services
from assurance.api_names import ENUM_NAMES

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
PAYMENTS_MODE = env.str("PAYMENTS_MODE", default="sandbox")
if PAYMENTS_MODE not in {"sandbox", "live"}:
    raise ImproperlyConfigured(f"PAYMENTS_MODE is {PAYMENTS_MODE!r}; it may be 'sandbox' or 'live'")
SANDBOX = PAYMENTS_MODE == "sandbox"
if SANDBOX:
    for name, value in services.environment().items():
        env.ENVIRON.setdefault(name, value)


def required(name: str) -> str:
    value = env.str(name, default="")
    if not value:
        why = "no embedded service runs: `make run` starts them" if SANDBOX else "live mode uses no embedded service"
        raise ImproperlyConfigured(f"{name} is not set, and {why}")
    return value


# --- mode -------------------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="sandbox-only-not-a-secret" if SANDBOX else "")
CUSTODIAN_GATEWAY = env.str("CUSTODIAN_GATEWAY", default="sandbox" if SANDBOX else "")
SITE_NAME = env.str("SITE_NAME", default="Assurance")
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")
# Links in letters carry the host that was asked for: a foreign one must not get that far, in the sandbox either.
LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]", urlsplit(SITE_URL).hostname or "localhost"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=LOCAL_HOSTS if SANDBOX else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
S3_ACCESS_KEY = env.str("S3_ACCESS_KEY", default="")
S3_SECRET_KEY = env.str("S3_SECRET_KEY", default="")
if not SANDBOX:
    LIVE_NEEDS = {
        "DEBUG off": not DEBUG,
        "a SECRET_KEY of 40 characters or more, of your own": len(SECRET_KEY) >= 40 and "sandbox" not in SECRET_KEY,
        "CUSTODIAN_GATEWAY, the gateway that holds the money": bool(CUSTODIAN_GATEWAY),
        "a SITE_URL that begins with https://": SITE_URL.startswith("https://"),
        "ALLOWED_HOSTS, by name": bool(ALLOWED_HOSTS) and "*" not in ALLOWED_HOSTS,
        "S3_ACCESS_KEY and S3_SECRET_KEY": bool(S3_ACCESS_KEY and S3_SECRET_KEY),
        "EMAIL_URL": bool(env.str("EMAIL_URL", default="")),
    }
    LIVE_LACKS = [need for need, is_met in LIVE_NEEDS.items() if not is_met]
    if LIVE_LACKS:
        raise ImproperlyConfigured(f"live mode needs {'; '.join(LIVE_LACKS)}")

# --- applications -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "core",
    "companies",
    "messaging",
    "catalog",
    "evidence",
    "payments",
    "orders",
    "assurance.apps.AssuranceConfig",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pgtrigger",
    "django_fsm",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.middleware.NulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.ClockMiddleware",
    "companies.middleware.ActiveCompanyMiddleware",
    "companies.middleware.StaffSecondFactorMiddleware",
]
ROOT_URLCONF = "assurance.urls"
WSGI_APPLICATION = "assurance.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "assurance.context.site",
                "companies.context.switch",
                "messaging.context.bell",
            ],
        },
    }
]

# --- database ---------------------------------------------------------------------------------------------------------
# `default` is the web role, which owns nothing; `owner` migrates. READ COMMITTED, no transaction around a request.
DATABASES = {
    "default": env.db_url_config(required("DATABASE_URL")),
    # Web and worker never migrate: where they are given no owner, it is the web role, which can't.
    "owner": env.db_url_config(env.str("MIGRATION_DATABASE_URL", default="") or required("DATABASE_URL")),
}
for database in DATABASES.values():
    database["ENGINE"] = "django.db.backends.postgresql"
    database["ATOMIC_REQUESTS"] = False
    database["CONN_MAX_AGE"] = 60
    database["CONN_HEALTH_CHECKS"] = True
    database.setdefault("OPTIONS", {})["options"] = "-c lock_timeout=3000 -c timezone=UTC"
DATABASES["owner"]["OPTIONS"]["options"] = "-c lock_timeout=60000 -c timezone=UTC"
DATABASES["owner"]["CONN_MAX_AGE"] = 0

# --- cache, work ------------------------------------------------------------------------------------------------------
REDIS_URL = required("REDIS_URL")
CACHES = {"default": {"BACKEND": "core.cache.ForgivingRedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "assurance"}}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 0.2,
    "visibility_timeout": 3600,
    # A hint is not worth waiting for: without these, whoever gives one tries for six seconds while the broker is down.
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# What waits for gateways has a queue, and a worker, of its own: one that hangs must not keep clocks, news and mail
# waiting, which would count as our outage. A worker that is told nothing takes work from both.
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_QUEUES = [Queue("celery"), Queue("gateways")]
CELERY_TASK_ROUTES = {
    "payments.tasks.watch_nightly_check": {"queue": "celery"},
    "payments.tasks.*": {"queue": "gateways"},
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = env.str("CELERY_BEAT_SCHEDULE_FILENAME", default=str(VAR_DIR / "beat-schedule"))


def every(seconds: int, task: str, *, expires: int) -> dict[str, Any]:
    """A poll for beat: a run that no worker took within `expires` seconds is dropped, as the next one does its work."""
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": expires}}


CELERY_BEAT_SCHEDULE = {
    "courier": every(2, "core.tasks.run_courier", expires=10),
    "sweep": every(3, "core.tasks.sweep_deadlines", expires=10),
    "gateway-events": every(5, "payments.tasks.process_gateway_events", expires=15),
    "outgoing-money": every(5, "payments.tasks.send_outgoing_money", expires=15),
    "ask-gateways": every(30, "payments.tasks.ask_about_open_payments", expires=60),
    "statements": every(15, "payments.tasks.import_statements", expires=30),
    "charge-backs": every(30, "payments.tasks.look_after_chargebacks", expires=60),
    "mail": every(5, "messaging.tasks.send_waiting_mail", expires=15),
    "documents": every(20, "evidence.tasks.check_documents", expires=30),
    # By the hour (UTC) and not by the interval, which every start of beat without its file would begin anew.
    "daily-closing": {"task": "payments.tasks.close_day", "schedule": crontab(hour="1", minute="15")},
    "check-books": {"task": "payments.tasks.check_books_nightly", "schedule": crontab(hour="2", minute="30")},
    "forget-old-keys": {"task": "core.tasks.forget_old_keys", "schedule": crontab(hour="3", minute="45")},
    "watch-settlements": {"task": "payments.tasks.watch_money_to_our_bank", "schedule": crontab(minute="20")},
    "watch-check-books": {"task": "payments.tasks.watch_nightly_check", "schedule": crontab(minute="10")},
}

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "companies.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # password, address or second factor changed
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "companies.adapters.AccountAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "home"

# --- words ------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("vi", "Tiếng Việt")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORM_RENDERER = "core.form_renderer.TablerRenderer"

# --- files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"  # of the version that runs: never in a folder that outlives it
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "assurance.static_storage.HashedWhereCollected"},
}
WHITENOISE_USE_FINDERS = True
S3_ENDPOINT_URL = required("S3_ENDPOINT_URL")
S3_PUBLIC_URL = env.str("S3_PUBLIC_URL", default=S3_ENDPOINT_URL)  # what browsers reach the same S3 by
S3_BUCKET = env.str("S3_BUCKET", default="evidence")
S3_REGION = env.str("S3_REGION", default="us-east-1")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# --- gateways ---------------------------------------------------------------------------------------------------------
SANDBOX_GATEWAY_URL = env.str("SANDBOX_GATEWAY_URL", default="")
SANDBOX_GATEWAY_PUBLIC_URL = env.str("SANDBOX_GATEWAY_PUBLIC_URL", default=SANDBOX_GATEWAY_URL)  # as browsers see it
SANDBOX_GATEWAY_KEY = env.str("SANDBOX_GATEWAY_KEY", default="")
SANDBOX_WEBHOOK_SECRET = env.str("SANDBOX_WEBHOOK_SECRET", default="")
# method=gateway: which gateway takes which payments; and the one by which companies are paid out.
PAYMENT_GATEWAYS = env.dict("PAYMENT_GATEWAYS", default={"card": "sandbox", "wire": "sandbox"} if SANDBOX else {})
PAYOUT_GATEWAY = env.str("PAYOUT_GATEWAY", default="sandbox" if SANDBOX else CUSTODIAN_GATEWAY)
# Keys of Stripe come from the environment and from nowhere else; its stand-in gives its own.
STRIPE_API_URL = env.str("STRIPE_API_URL", default="https://api.stripe.com").rstrip("/")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
GATEWAY_TIMEOUT_SECONDS = env.float("GATEWAY_TIMEOUT_SECONDS", default=10.0)

# The platform's own bank accounts, for T/T by statements: currency=account number, currency=COUNTRY:BANKPART for the
# range from which every order gets a number of its own. The sandbox has a bank that exists nowhere.
_DEMO_BANK = {currency: f"TADB{currency}" for currency in ("USD", "EUR", "GBP", "CNY", "HKD", "SGD", "JPY", "VND")}
BANK_ACCOUNTS = env.dict(
    "BANK_ACCOUNTS", default={c: f"{bank}0000000000" for c, bank in _DEMO_BANK.items()} if SANDBOX else {}
)
BANK_ORDER_ACCOUNTS = env.dict(
    "BANK_ORDER_ACCOUNTS", default={c: f"SG:{bank}" for c, bank in _DEMO_BANK.items()} if SANDBOX else {}
)
BANK_ACCOUNT_HOLDER = env.str("BANK_ACCOUNT_HOLDER", default=f"{SITE_NAME} Trustee (demo)" if SANDBOX else "")
BANK_NAME = env.str("BANK_NAME", default="Demo Trade Bank" if SANDBOX else "")
BANK_ADDRESS = env.str("BANK_ADDRESS", default="1 Demo Quay, Singapore" if SANDBOX else "")
BANK_BIC = env.str("BANK_BIC", default="TADBSGSG" if SANDBOX else "")

# --- mail -------------------------------------------------------------------------------------------------------------
MAIL_FOLDER = Path(env.str("MAIL_FOLDER", default=str(VAR_DIR / "mail")))
MAIL_TRANSPORT = "messaging.sandbox_mail.ConsoleAndFolderBackend"  # what sends the rows
if not SANDBOX:
    EMAIL_CONFIG = env.email_url("EMAIL_URL")
    vars().update(EMAIL_CONFIG)
    MAIL_TRANSPORT = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_BACKEND = "messaging.queue_backend.QueueBackend"  # what Django and allauth send becomes a row first
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{SITE_NAME} <no-reply@assurance.example>")

# --- web --------------------------------------------------------------------------------------------------------------
_S3_ORIGIN = "/".join(S3_PUBLIC_URL.split("/")[:3])
# Where the form that begins a payment may lead on to. Stripe's own pages stand at another address than its API.
_PAY_PAGES = [SANDBOX_GATEWAY_PUBLIC_URL] if SANDBOX_GATEWAY_PUBLIC_URL else []
if STRIPE_SECRET_KEY:
    _PAY_PAGES.append("https://checkout.stripe.com" if STRIPE_API_URL.endswith(".stripe.com") else STRIPE_API_URL)
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/", "/api/docs/"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", _S3_ORIGIN],
        "connect-src": ["'self'", _S3_ORIGIN],
        "form-action": ["'self'", *_PAY_PAGES],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'self'"],
        "object-src": ["'none'"],
    },
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "assurance.pages.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # Asked from inside, without TLS.
X_FRAME_OPTIONS = "DENY"
if not SANDBOX:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    if TRUSTED_PROXY_COUNT > 0:  # Without a proxy that sets it, anybody could claim that the line is safe.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.api_session.BrowserSession"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "core.api_schema.Schema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "core.problems.answer_problem",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "600/min"},
}
UNFOLD = {
    "SITE_TITLE": SITE_NAME,
    "SITE_HEADER": SITE_NAME,
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "DASHBOARD_CALLBACK": "assurance.admin.dashboard",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{SITE_NAME} API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "core.log_paths.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "botocore": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},  # Two lines a second otherwise, from the polls of beat.
        "celery.app.trace": {"level": "WARNING"},
    },
}
