"""Runs a real Celery worker on the database that is named on the command line: `python -m tests.worker NAME`."""

import os
import sys

import django
from django.conf import settings

from config.services import work

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    work(settings.ENV)
