"""`manage.py beat`."""

from config import services
from config.management.production import ProductionCommand


class Command(ProductionCommand):
    help = "Tell workers, at fixed times, to look what is due."
    run = services.beat
