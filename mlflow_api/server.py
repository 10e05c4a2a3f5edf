"""What the server says about itself."""

from django.http import HttpRequest, HttpResponse

from accounts.authentication import public, signed_in
from accounts.principals import Principal
from artifacts.stores import get_store
from mlflow_api.transport import Answer, Body, open_to_all

#: The release of MLflow whose protocol is spoken here; its clients ask for it before they send traces.
MLFLOW_VERSION = "3.17.2"


@open_to_all
def info(actor: Principal, body: Body) -> Answer:
    """Which parts of the protocol are offered."""
    direct = get_store().direct
    return {
        "store_type": "SqlStore",
        "workspaces_enabled": True,
        "trace_archival_enabled": False,
        "multipart_uploads_enabled": direct,
        "multipart_downloads_enabled": direct,
        "presigned_upload_run_id_supported": False,
        "presigned_upload_model_id_supported": False,
        "features_enabled": {"gateway": False},
    }


@public
def health(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks no database."""
    return HttpResponse("OK", content_type="text/plain")


@signed_in
def version(request: HttpRequest) -> HttpResponse:
    """Say which MLflow this is compatible with."""
    return HttpResponse(MLFLOW_VERSION, content_type="text/plain")
