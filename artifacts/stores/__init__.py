"""The stores that keep bytes, and which one this server uses."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from artifacts.stores.base import Store
from artifacts.stores.local import LocalStore
from artifacts.stores.s3 import S3Store


def get_store() -> Store:
    """The store that ARTIFACT_ROOT names."""
    return _store(settings.ARTIFACT_ROOT, settings.ARTIFACT_S3_ENDPOINT_URL, settings.ARTIFACT_S3_PUBLIC_URL)


@lru_cache(maxsize=8)
def _store(root: str, endpoint_url: str | None, public_url: str | None) -> Store:
    if root.startswith("s3://"):
        bucket, _, prefix = root.removeprefix("s3://").partition("/")
        return S3Store(bucket, prefix, endpoint_url=endpoint_url, public_url=public_url)
    return LocalStore(Path(root))
