"""The addresses of imports, exports and other tools' protocols below ``/api/v1/``."""

from django.urls import URLPattern, URLResolver, path

from lineage.exchange.api import DvcImportView, LineageView, NdjsonImportView, ProvImportView
from lineage.exports.api import ExportView
from lineage.openlineage.api import EventBatchView

urlpatterns: list[URLPattern | URLResolver] = [
    path("lineage", LineageView.as_view(), name="lineage"),
    path("lineage/batch", EventBatchView.as_view(), name="lineage-batch"),
    path("lineage/import/dvc", DvcImportView.as_view(), name="lineage-import-dvc"),
    path("lineage/import/ndjson", NdjsonImportView.as_view(), name="lineage-import-ndjson"),
    path("lineage/import/prov", ProvImportView.as_view(), name="lineage-import-prov"),
    path("lineage/export", ExportView.as_view(), name="lineage-export"),
]
