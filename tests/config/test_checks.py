"""`manage.py check --deploy` names what a deployment still lacks."""

from dataclasses import replace

from config.checks import every_setting_is_given, people_come_by_https


def test_a_missing_setting_is_an_error(settings):
    settings.ENV = replace(settings.ENV, missing_for_production=("REDIS_URL",))

    assert [message.msg for message in every_setting_is_given()] == ["REDIS_URL is missing."]


def test_a_complete_deployment_has_none(settings):
    settings.ENV = replace(settings.ENV, missing_for_production=())

    assert every_setting_is_given() == []


def test_plain_http_is_a_warning(settings):
    settings.PUBLIC_URL = "http://models.example.org"
    assert [message.id for message in people_come_by_https()] == ["stagekeeper.W001"]

    settings.PUBLIC_URL = "https://models.example.org"
    assert people_come_by_https() == []
