"""Secrets are unreadable where they lie."""

import pytest

from notifications.sealing import Unreadable, seal, unseal


def test_a_secret_comes_back_and_is_not_seen_in_between():
    sealed = seal("s3cret")

    assert unseal(sealed) == "s3cret"
    assert "s3cret" not in sealed
    assert seal("s3cret") != sealed


def test_no_secret_stays_none():
    assert seal("") == ""
    assert unseal("") == ""


def test_a_secret_survives_the_rotation_of_the_key(settings):
    sealed = seal("s3cret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough for tests"

    assert unseal(sealed) == "s3cret"


def test_another_key_cannot_read_it(settings):
    sealed = seal("s3cret")
    settings.SECRET_KEY = "another key that is long enough for tests"

    with pytest.raises(Unreadable):
        unseal(sealed)
