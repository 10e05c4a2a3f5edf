"""Registering from pages: a new model, with or without its first version, and the next version of one."""

from accounts.operations import grant_role
from accounts.roles import Role
from registry.models import ModelVersion, RegisteredModel

NEW = "/models/new"
VERSION = "/models/new-version"


def test_a_model_is_made(session_of, contributor):
    browser = session_of(contributor)
    answer = browser.post(NEW, {"project": "default", "name": "fraud", "description": "Finds it"})

    assert answer.status_code == 302
    assert answer["location"] == "/models/default/fraud"
    assert RegisteredModel.objects.get().owner == contributor.user


def test_a_name_that_is_taken_or_bad_is_refused_and_kept(session_of, contributor, model):
    browser = session_of(contributor)

    taken = browser.post(NEW, {"project": "default", "name": "fraud", "description": "mine"}).content.decode()
    assert "already exists" in taken
    assert "mine" in taken
    assert "errorlist" in browser.post(NEW, {"project": "default", "name": "a:b"}).content.decode()


def test_a_logged_model_becomes_a_new_model_with_its_first_version(session_of, contributor, run, logged_model):
    browser = session_of(contributor)
    address = f"{NEW}?run={run.uid}&logged_model={logged_model.uid}"
    assert logged_model.uid in browser.get(address).content.decode()
    answer = browser.post(
        address, {"project": "default", "name": "fraud", "run": run.uid, "logged_model": logged_model.uid}
    )

    assert answer["location"] == "/models/default/fraud/versions/1"
    version = ModelVersion.objects.get()
    assert (version.logged_model, version.run) == (logged_model, run)


def test_a_source_that_is_not_there_makes_no_model_either(session_of, contributor):
    browser = session_of(contributor)
    answer = browser.post(f"{NEW}?run=none", {"project": "default", "name": "fraud", "run": "0" * 32})

    html = answer.content.decode()
    assert f"Run with id={'0' * 32} not found" in html
    assert 'value="fraud"' in html
    assert not RegisteredModel.objects.exists()


def test_a_source_that_is_not_for_them_is_said_at_the_form(session_of, cast, admin, run, model):
    helper = cast("helper")
    grant_role(admin, helper.user, Role.CONTRIBUTOR, model)
    answer = session_of(helper).post(f"{VERSION}?model=default/fraud", {"run": run.uid})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not ModelVersion.objects.exists()


def test_the_folder_of_a_run_becomes_the_next_version(session_of, contributor, version, run, upload):
    upload(run, "model/MLmodel", "flavors: {}")
    browser = session_of(contributor)
    address = f"{VERSION}?model=default/fraud&run={run.uid}&path=model"
    assert 'value="model"' in browser.get(address).content.decode()
    answer = browser.post(address, {"run": run.uid, "path": "model", "description": "from the page"})

    assert answer["location"] == "/models/default/fraud/versions/2"
    assert ModelVersion.objects.get(number=2).prefix == "model"


def test_what_is_missing_or_doubled_is_said(session_of, contributor, model):
    browser = session_of(contributor)

    assert "Say what to register" in browser.post(f"{VERSION}?model=default/fraud", {}).content.decode()
    both = {"run": "0" * 32, "path": "model", "source": "s3://bucket/x"}
    assert "not both" in browser.post(f"{VERSION}?model=default/fraud", both).content.decode()


def test_without_a_model_one_is_chosen_first(session_of, contributor, model, run):
    answer = session_of(contributor).get(VERSION, {"run": run.uid})

    assert answer["location"] == f"{NEW}?run={run.uid}"
    html = session_of(contributor).get(answer["location"]).content.decode()
    assert f"model=default/fraud&amp;run={run.uid}" in html


def test_the_models_of_a_run_are_offered(session_of, contributor, model, run, logged_model):
    html = session_of(contributor).get(VERSION, {"model": "default/fraud", "run": run.uid}).content.decode()

    assert f"logged_model={logged_model.uid}" in html


def test_those_who_may_not_write_get_no_form(session_of, viewer, outsider, model):
    assert session_of(viewer).get(NEW).status_code == 403
    assert session_of(viewer).get(VERSION, {"model": "default/fraud"}).status_code == 403
    assert session_of(outsider).get(VERSION, {"model": "default/fraud"}).status_code == 404


def test_the_only_model_of_a_run_is_filled_in(session_of, contributor, model, run, logged_model):
    html = session_of(contributor).get(VERSION, {"model": "default/fraud", "run": run.uid}).content.decode()

    assert f'value="{logged_model.uid}"' in html
