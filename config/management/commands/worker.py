"""`manage.py worker`."""

from config import services
from config.management.production import ProductionCommand


class Command(ProductionCommand):
    help = "Run background jobs."
    run = services.work
