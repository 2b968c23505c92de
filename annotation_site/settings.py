"""Settings, read from the environment only; docs/operations.md lists every variable.

Without any variable this is an embedded installation: SQLite, a folder as message broker, pictures in var/.
`SERVIMAGE_ENV=production` refuses to start where a default would be unsafe.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from annotation_site.brokers import VISIBILITY_TIMEOUT_S, celery_transport_options
from annotation_site.caches import cache_settings
from annotation_site.databases import database_from_url
from annotation_site.environment import read_flag, read_folders, read_list, read_number, read_text
from annotation_site.mail_settings import read_mail_server
from annotation_site.secret import MINIMUM_LENGTH, load_or_make_secret_key
from judging.backends.servers import read_servers

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(read_text("SERVIMAGE_VAR") or BASE_DIR / "var").resolve()

ENVIRONMENT = read_text("SERVIMAGE_ENV", "embedded")
if ENVIRONMENT not in {"embedded", "production"}:
    raise ImproperlyConfigured(f"SERVIMAGE_ENV={ENVIRONMENT!r} is unknown; write embedded or production")
PRODUCTION = ENVIRONMENT == "production"

DEBUG = read_flag("DEBUG")
SECRET_KEY = read_text("SECRET_KEY")
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,[::1]")
if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("DEBUG shows source and settings to visitors; SERVIMAGE_ENV=production does not start with it.")
    if len(SECRET_KEY) < MINIMUM_LENGTH:
        raise ImproperlyConfigured(
            f"SERVIMAGE_ENV=production needs a SECRET_KEY (or SECRET_KEY_FILE) of {MINIMUM_LENGTH} random characters or more, "
            "the same for every process. One way to make it: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("SERVIMAGE_ENV=production needs ALLOWED_HOSTS: the host names of the site, separated by commas.")
SECRET_KEY = SECRET_KEY or load_or_make_secret_key(VAR_DIR / "secret_key")

# What the supervisor serves, and with how many processes and threads.
HOST = read_text("HOST", "127.0.0.1")
PORT = read_number("PORT", default=8000, minimum=1)
SITE_URL = read_text("SITE_URL", f"http://{HOST}:{PORT}")
WEB_PROCESSES = read_number("WEB_PROCESSES", default=1, minimum=1)
WEB_THREADS = read_number("WEB_THREADS", default=8, minimum=1)
WORKER_PROCESSES = read_number("WORKER_PROCESSES", default=1, minimum=1)
# Whether the supervisor goes on to install requirements.txt where the site was started without (annotation_site/install.py).
INSTALLS_ALL = read_flag("SERVIMAGE_INSTALL", default=True)

INSTALLED_APPS = [
    "labeling",
    "judging",
    "modeling",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # The plain configuration: the other one rewrites TEMPLATES while the site starts.
    "template_partials.apps.SimpleAppConfig",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "annotation_site.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "annotation_site.middleware.SignInRequiredMiddleware",
    "annotation_site.middleware.own_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "annotation_site.urls"
WSGI_APPLICATION = "annotation_site.wsgi.application"

TEMPLATE_LOADERS: list[Any] = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
if not DEBUG:
    TEMPLATE_LOADERS = [("django.template.loaders.cached.Loader", TEMPLATE_LOADERS)]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", TEMPLATE_LOADERS)],
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {
    "default": database_from_url(
        read_text("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'site.sqlite3'}",
        pool_size=read_number("DATABASE_POOL_SIZE", default=10),
        test_file=VAR_DIR / "test.sqlite3",
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "labeling.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign_in"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "annotation_site.middleware.client_address"

# HTTPS=0 is for a site that only a private network can reach.
HTTPS = read_flag("HTTPS", default=PRODUCTION)
BEHIND_PROXY = read_flag("BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = read_list("CSRF_TRUSTED_ORIGINS")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Off unless a server is named: then people who asked for it are told that work waits (labeling/mail).
MAIL_SERVER = read_mail_server()
MAIL_ENABLED = bool(MAIL_SERVER.host)
EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL_SERVER.security == "starttls", MAIL_SERVER.security == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = MAIL_SERVER.sender or "nobody@localhost"

USE_TZ = True
TIME_ZONE = read_text("TIME_ZONE", "UTC")
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
FORMAT_MODULE_PATH = ["annotation_site.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(read_text("SERVIMAGE_MEDIA") or VAR_DIR / "media").resolve()
EXPORT_ROOT = Path(read_text("SERVIMAGE_EXPORTS") or VAR_DIR / "exports").resolve()
# Snapshots, checkpoints and models of ServImageModel; shared by all workers that train or suggest.
MODEL_ROOT = Path(read_text("SERVIMAGE_MODELS") or VAR_DIR / "models").resolve()
# Folders below these may be named in the browser as the source of an import; none unless set.
IMPORT_ROOTS = read_folders("SERVIMAGE_IMPORT_ROOTS")
# Backends read it themselves; here a list that cannot be read stops the start.
JUDGE_SERVERS = read_servers()
STORAGES: dict[str, dict[str, Any]] = {
    # What is made from the originals can be made again, so only they are worth waiting for the disk.
    "default": {"BACKEND": "labeling.atomic_storage.AtomicFileStorage", "OPTIONS": {"location": MEDIA_ROOT, "lasting": "originals/"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "annotation_site.static_storage.ModuleStaticFilesStorage"
    },
}
# The internal location under which a web server in front finds MEDIA_ROOT (nginx: X-Accel-Redirect); empty sends pictures itself.
IMAGE_ACCEL_PREFIX = read_text("SERVIMAGE_IMAGE_ACCEL_PREFIX")
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# How much a token, or a person by session, may ask of the API; 0 is no limit.
API_REQUESTS_PER_MINUTE = read_number("API_REQUESTS_PER_MINUTE", default=600)
API_JOBS_PER_HOUR = read_number("API_JOBS_PER_HOUR", default=60)
API_WRONG_TOKENS_PER_MINUTE = read_number("API_WRONG_TOKENS_PER_MINUTE", default=60)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["labeling.api.auth.TokenAuthentication", "rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["labeling.api.parsing.BoundedJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "labeling.api.parsing.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "labeling.api.schema.Describe",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "labeling.api.errors.answer_error",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ServImage annotation",
    "DESCRIPTION": "What the pages do, for programs: docs/api.md says how to begin. Every rule is that of the pages.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["labeling.api.schema.add_refusals"],
}

CELERY_BROKER_URL = read_text("CELERY_BROKER_URL", "filesystem://localhost/")
CACHES = {"default": cache_settings(read_text("CACHE_URL") or CELERY_BROKER_URL, VAR_DIR / "cache")}
CELERY_BROKER_TRANSPORT_OPTIONS = celery_transport_options(CELERY_BROKER_URL, VAR_DIR / "broker")
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_TIMEOUT_S
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
# A lost job comes back through its row alone (labeling/jobs/reaper.py): two ways back would start it twice.
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TRACK_STARTED = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = read_text("CELERY_QUEUE", "default")
# What needs an accelerator waits here for the workers that have one.
GPU_QUEUE = read_text("CELERY_GPU_QUEUE", "gpu")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# A running job shows a sign of life this often; without one it is taken for dead; unheard of, it is announced again.
JOB_HEARTBEAT_S = read_number("JOB_HEARTBEAT_S", default=5, minimum=1)
JOB_STALE_S = read_number("JOB_STALE_S", default=30, minimum=2)
JOB_RING_AGAIN_S = read_number("JOB_RING_AGAIN_S", default=60, minimum=2)

LOG_LEVEL = read_text("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # What a job does is told by labeling.jobs; Celery repeats it. A lockout is a warning; a sign-in is not, nor a call of a judge.
    "loggers": {name: {"level": "WARNING"} for name in ("axes", "celery", "kombu", "django.server", "httpx2")},
}
