"""Counts the queries of pages: `python -m benchmarks.page_queries TOKEN`, addresses as JSON on standard input."""

import json
import os
import sys


def main() -> None:
    """Ask for each page as the owner of the token, and print how many queries it took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(headers={"authorization": f"Bearer {sys.argv[1]}", "accept": "text/html"})
    counted = {}
    for address in json.load(sys.stdin):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counted[address] = len(queries)
    json.dump(counted, sys.stdout)


if __name__ == "__main__":
    main()
