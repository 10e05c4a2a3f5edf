"""Django's settings: the only settings file; what differs between places comes from the environment (env.py)."""

import sys
from pathlib import Path
from typing import Any

import django_stubs_ext

from config.env import WrongSetting, read_environment

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    ENV = read_environment()
except WrongSetting as wrong:
    sys.exit(f"stagekeeper: {wrong}")

# Lets classes of Django that are generic for the type checker alone be written so: `ModelAdmin[User]`.
django_stubs_ext.monkeypatch()

SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
ALLOWED_HOSTS = ENV.allowed_hosts

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "guardian",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "config",
    "audit",
    "accounts",
    "lineage",
    "artifacts",
    "tracking",
    "registry",
    "approvals",
    "deployments",
    "notifications",
    "mlflow_api",
    "web",
    # After web, so that its form templates can be replaced by ours.
    "django.forms",
    # Last, so that its templates can be replaced by ours.
    "django.contrib.admin",
]

MIDDLEWARE = [
    "audit.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.authentication.AccessMiddleware",
    "web.refusals.RefusalMiddleware",
    "web.api.idempotency.IdempotencyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# MLflow's client names every route without a slash at its end.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------------------

if ENV.postgres:
    _database: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": ENV.postgres.name,
        "USER": ENV.postgres.user,
        "PASSWORD": ENV.postgres.password,
        "HOST": ENV.postgres.host,
        "PORT": ENV.postgres.port,
        "OPTIONS": {
            # Requests are many and small: statements are planned once, and not for parallel workers or compilation.
            "server_side_binding": True,
            "prepare_threshold": 2,
            "options": "-c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1",
            **ENV.postgres.options,
            "pool": {"min_size": 1, "max_size": ENV.pool_size, "timeout": 20},
        },
    }
else:
    _database = {
        "ENGINE": "config.sqlite",
        "NAME": ENV.data_dir / "stagekeeper.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL, because WAL with NORMAL may lose the last commits when the power fails: approvals, audit events.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                "PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-20000"
            ),
        },
    }
# ATOMIC_REQUESTS stays off: an operation is the transaction.
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if ENV.redis_url:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENV.redis_url}}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Artifacts --------------------------------------------------------------------------------------------------------

ARTIFACT_ROOT = ENV.artifact_root
ARTIFACT_S3_ENDPOINT_URL = ENV.artifact_s3_endpoint_url or None
ARTIFACT_S3_PUBLIC_URL = ENV.artifact_s3_public_url or None

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sessions.SessionBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Guardian would write a row of its own for anonymous users, outside every operation; nobody anonymous has grants.
LOGIN_URL = "/sign-in"
REFUSAL_HANDLER = "web.refusals.answer_refusal"
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
# Rights are asked of accounts, not of Django's authentication backends.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

# --- Web --------------------------------------------------------------------------------------------------------------

PUBLIC_URL = ENV.public_url
_HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "web.refusals.csrf_failed"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# With a proxy in front the server itself is always called by http.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.proxies else None
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# What pages load of other people's code: an address below /static/ and a file of node_modules, or a folder of modules.
NPM_DIR = BASE_DIR / "node_modules"
NPM_FILES = {
    "npm/tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "npm/htmx.js": "htmx.org/dist/htmx.min.js",
    "npm/echarts.js": "echarts/dist/echarts.esm.min.js",
    "npm/d3-array.js": "d3-array/dist/d3-array.min.js",
    "npm/d3-contour.js": "d3-contour/dist/d3-contour.min.js",
    "npm/hyparquet/": "hyparquet/src/",
    "npm/hyparquet-compressors/": "hyparquet-compressors/src/",
    "npm/fzstd.js": "fzstd/esm/index.mjs",
}
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder", "web.npm.NpmFinder"]
STATIC_URL = "/static/"
# Files are served from where the apps keep them, so that there is no collecting step to forget.
WHITENOISE_USE_FINDERS = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["web.api.authentication.PrincipalAuthentication"],
    # Views are closed by `AccessMiddleware`, objects by querysets and operations.
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["web.api.formats.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["web.api.formats.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "web.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "web.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "web.api.errors.answer_exception",
    "UNAUTHENTICATED_USER": None,
    # `format` is a parameter of exports.
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stagekeeper",
    "DESCRIPTION": "The native API. Lists are paged by cursor; writes take an Idempotency-Key; refusals are sentences.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "tracking.models.RunStatus",
        "LoggedModelStatus": "tracking.models.LoggedModelStatus",
        "VersionStatus": "registry.models.VersionStatus",
        "WebhookStatus": "notifications.models.WebhookStatus",
        "TrackingLifecycle": "tracking.models.Lifecycle",
        "RegistryLifecycle": "registry.models.Lifecycle",
        "RequestKind": "approvals.models.RequestKind",
        "RequestState": "approvals.models.RequestState",
        "EnvironmentKind": "deployments.models.EnvironmentKind",
        "DeploymentState": "deployments.models.DeploymentState",
        "ReportedState": "deployments.api.shapes.REPORTED_STATES",
        "AlertKind": "deployments.models.AlertKind",
        "AlertState": "deployments.models.AlertState",
        "GuardedStage": "approvals.api.forms.STAGES",
        "Stage": "registry.rules.Stage",
    },
    "PREPROCESSING_HOOKS": ["web.api.schema.keep_native"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "web.api.schema.add_refusals"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "list", "defaultModelsExpandDepth": -1},
}

# --- Webhooks ---------------------------------------------------------------------------------------------------------

ALLOW_PRIVATE_WEBHOOKS = ENV.allow_private_webhooks

# --- Mail -------------------------------------------------------------------------------------------------------------

if ENV.mail:
    EMAIL_HOST, EMAIL_PORT = ENV.mail.host, ENV.mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ENV.mail.user, ENV.mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = ENV.mail.starttls, ENV.mail.tls
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENV.mail_from

# --- Jobs -------------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = ENV.celery_broker_url
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The database is the queue of record and a message only wakes a worker, so nobody waits long to send one.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "max_retries": 1, "interval_start": 0}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Every entry is a tick that asks the database what is due: a missed tick or two beats at once are harmless.
CELERY_BEAT_SCHEDULER = "celery.beat.Scheduler"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "deliver-webhooks": {"task": "notifications.tasks.deliver_due", "schedule": 10, "options": {"expires": 10}},
    "end-expired-roles": {"task": "accounts.tasks.end_expired_roles", "schedule": 60, "options": {"expires": 60}},
    "report-stray-grants": {"task": "accounts.tasks.report_stray_grants", "schedule": 24 * 60 * 60},
    "clear-dead-sessions": {"task": "accounts.tasks.clear_dead_sessions", "schedule": 24 * 60 * 60},
    "erase-artifacts": {"task": "artifacts.tasks.erase_deleted", "schedule": 60, "options": {"expires": 60}},
    "hash-artifacts": {"task": "artifacts.tasks.hash_waiting", "schedule": 60, "options": {"expires": 60}},
    "clear-overdue-uploads": {"task": "artifacts.tasks.clear_overdue_uploads", "schedule": 60 * 60},
    "check-artifact-store": {"task": "artifacts.tasks.check_store", "schedule": 24 * 60 * 60},
    "flush-refused-attempts": {"task": "audit.tasks.flush_refused", "schedule": 60, "options": {"expires": 60}},
    "promotions": {"task": "approvals.tasks.look_after_requests", "schedule": 30, "options": {"expires": 30}},
    "deployments": {"task": "deployments.tasks.look_after_deployments", "schedule": 30, "options": {"expires": 30}},
    "build-lineage-arrays": {"task": "lineage.tasks.build_arrays", "schedule": 60, "options": {"expires": 60}},
    "forget-idempotency-keys": {"task": "web.tasks.forget_idempotency_keys", "schedule": 60 * 60},
    "forget-webhook-deliveries": {"task": "notifications.tasks.forget_deliveries", "schedule": 24 * 60 * 60},
}

# --- Words and time ---------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # A refusal is the caller's business; what it was about is in the audit log.
        "django.request": {"level": "ERROR"},
    },
}
