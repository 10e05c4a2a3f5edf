"""How the parts are wired: settings, URLs, the web server, Celery, and the supervisor of `make up`."""
