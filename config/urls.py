"""Every address of the site: each app brings its own `urls.py`."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.admin_site import site
from config import health
from lineage.sagemaker.views import sagemaker

handler400 = "web.refusals.bad_request"
handler403 = "web.refusals.permission_denied"
handler404 = "web.refusals.not_found"
handler500 = "web.refusals.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    # First, because scripts call it by the million.
    path("", include("mlflow_api.urls")),
    path("", include("web.urls")),
    path("", include("accounts.urls")),
    path("", include("tracking.urls")),
    path("", include("registry.urls")),
    path("", include("approvals.urls")),
    path("", include("deployments.urls")),
    path("", include("notifications.urls")),
    path("", include("lineage.urls")),
    path("sagemaker", sagemaker),  # as boto3 asks
    path("sagemaker/", sagemaker),
    path("api/v1/", include("web.api.urls")),
    path("admin/", site.urls),
]
