"""`manage.py serve`."""

from config import services
from config.management.production import ProductionCommand


class Command(ProductionCommand):
    help = "Answer HTTP requests."
    run = services.serve
