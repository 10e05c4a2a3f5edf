"""The addresses of imports, exports and other tools' protocols below ``/api/v1/``."""

from django.urls import URLPattern, URLResolver, path

from lineage.exchange.api import DvcImportView, LineageView
from lineage.openlineage.api import EventBatchView

urlpatterns: list[URLPattern | URLResolver] = [
    path("lineage", LineageView.as_view(), name="lineage"),
    path("lineage/batch", EventBatchView.as_view(), name="lineage-batch"),
    path("lineage/import/dvc", DvcImportView.as_view(), name="lineage-import-dvc"),
]
