"""`manage.py compress_npm`: puts a compressed twin beside each library that pages load, for the server to send."""

import gzip
from typing import Any

from django.core.management.base import BaseCommand

from web.npm import compressible


class Command(BaseCommand):
    """Run once after `npm ci`; the server sends the twin to every browser that takes gzip."""

    help = "Compress the browser's libraries."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write each twin anew."""
        for file in compressible():
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
