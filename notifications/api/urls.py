"""The addresses of webhooks below ``/api/v1/``."""

from rest_framework.routers import SimpleRouter

from notifications.api.webhooks import WebhookViewSet

router = SimpleRouter(trailing_slash=False)
router.register("webhooks", WebhookViewSet, basename="webhook")

urlpatterns = router.urls
