"""People and service accounts."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person or a service account."""
