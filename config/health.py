"""Says whether this process lives (/healthz) and whether what it needs answers (/readyz)."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.authentication import public
from config import broker


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer, which is all."""
    return HttpResponse("ok", content_type="text/plain")


@public
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and broker answer, else 503 and which one does not."""
    url = settings.ENV.redis_url
    ready = {"database": _database_answers(), "broker": bool(url) and broker.answers(url)}
    return JsonResponse(ready, status=200 if all(ready.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
