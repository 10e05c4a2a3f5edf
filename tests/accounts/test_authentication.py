"""How people show who they are: tokens, passwords, and what happens to guesses."""

import base64
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.utils import timezone

from accounts.authentication import authenticate
from accounts.models import Token, TokenUse
from accounts.operations import (
    change_password,
    create_service_account,
    deactivate_user,
    issue_token,
    issue_token_for,
    revoke_token,
)
from accounts.principals import CONSOLE, Principal
from accounts.roles import Action
from accounts.scopes import PLATFORM
from audit.exceptions import InvalidInput, PermissionDenied, Throttled, Unauthenticated
from audit.models import AuditEvent
from tests.conftest import PASSWORD


def ask(authorization="", address="10.0.0.7"):
    """Who the server takes the sender of this header for."""
    request = RequestFactory().get("/", headers={"authorization": authorization} if authorization else {})
    request.META["REMOTE_ADDR"] = address
    request.user = AnonymousUser()
    return authenticate(request)


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_nobody_is_asking_without_credentials(db):
    assert ask() is None


def test_a_token_signs_as_bearer_and_as_the_password_of_basic(contributor):
    token, secret = issue_token(contributor, name="laptop")

    for header in (f"Bearer {secret}", basic("contributor", secret), basic("", secret)):
        principal = ask(header)
        assert (principal.uid, principal.auth, principal.token_uid) == (contributor.uid, "token", token.uid)


def test_only_the_hash_of_a_token_is_kept(contributor):
    _, secret = issue_token(contributor, name="laptop")

    assert secret.startswith("sk_pat_")
    assert len(secret) >= 7 + 43
    row = Token.objects.values().get()
    assert not any(secret in str(value) for value in row.values())
    assert not any(secret.encode() in bytes(event.body) for event in AuditEvent.objects.all())


def test_a_token_signs_nothing_after_it_was_revoked(contributor):
    token, secret = issue_token(contributor, name="laptop")
    revoke_token(contributor, token)

    with pytest.raises(Unauthenticated, match="revoked"):
        ask(f"Bearer {secret}")


def test_a_token_signs_nothing_after_it_expired(contributor, time_machine_at):
    token, secret = issue_token(contributor, name="laptop")
    assert timedelta(days=89) < token.expires_at - timezone.now() <= timedelta(days=90)

    with (
        time_machine_at((token.expires_at + timedelta(seconds=1)).isoformat()),
        pytest.raises(Unauthenticated, match="expired"),
    ):
        ask(f"Bearer {secret}")


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_token_lasts_between_now_and_a_year(days, contributor):
    with pytest.raises(InvalidInput):
        issue_token(contributor, name="laptop", expires_at=timezone.now() + timedelta(days=days))


def test_a_token_of_a_deactivated_person_signs_nothing(admin, contributor):
    _, secret = issue_token(contributor, name="laptop")
    deactivate_user(admin, contributor.user)

    with pytest.raises(Unauthenticated):
        ask(f"Bearer {secret}")


def test_a_token_does_no_more_than_its_scopes(contributor, project):
    _, secret = issue_token(contributor, name="dashboard", scopes=["view"])

    principal = ask(f"Bearer {secret}")
    assert principal.may(Action.VIEW, project)
    assert not principal.may(Action.WRITE, project)


def test_a_token_does_no_more_than_its_owner(viewer, project):
    _, secret = issue_token(viewer, name="dashboard", scopes=["write", "administer"])

    principal = ask(f"Bearer {secret}")
    assert not principal.may(Action.WRITE, project)
    assert not principal.may(Action.ADMINISTER, PLATFORM)


def test_a_token_of_one_project_is_nothing_in_another(admin, contributor, project):
    from accounts.operations import create_project

    other = create_project(admin, "other", admin=contributor.user)
    _, secret = issue_token(contributor, name="ci", project=other)

    principal = ask(f"Bearer {secret}")
    assert principal.may(Action.VIEW, other)
    assert not principal.may(Action.VIEW, project)


def test_a_token_makes_no_tokens(contributor):
    _, secret = issue_token(contributor, name="laptop")

    with pytest.raises(PermissionDenied, match="token cannot do this"):
        issue_token(ask(f"Bearer {secret}"), name="another")


def test_a_service_account_signs_with_tokens_only(admin, project):
    account = create_service_account(admin, "ci", project)
    _, secret = issue_token_for(admin, account, name="pipeline")

    assert secret.startswith("sk_svc_")
    assert ask(f"Bearer {secret}").kind == "service"
    with pytest.raises(Unauthenticated):
        ask(basic("ci", "anything at all"))


def test_people_get_no_tokens_from_others(admin, contributor):
    with pytest.raises(PermissionDenied):
        issue_token_for(admin, contributor.user, name="sneaky")


def test_the_console_issues_tokens_for_anybody(contributor):
    _, secret = issue_token_for(CONSOLE, contributor.user, name="console")

    assert ask(f"Bearer {secret}").uid == contributor.uid
    event = AuditEvent.objects.filter(action="token.issued").latest("id")
    assert (event.actor_uid, event.actor_kind) == ("sys_console", "system")


def test_the_use_of_a_token_is_kept_to_the_minute(contributor):
    token, secret = issue_token(contributor, name="laptop")
    ask(f"Bearer {secret}")

    assert timezone.now() - TokenUse.objects.get(token=token).at < timedelta(minutes=1)


def test_a_password_signs_as_basic(contributor):
    principal = ask(basic("contributor", PASSWORD))

    assert (principal.uid, principal.auth) == (contributor.uid, "basic")


def test_a_new_password_voids_the_remembered_one_at_once(contributor):
    ask(basic("contributor", PASSWORD))
    change_password(contributor, old=PASSWORD, new="another long password")

    with pytest.raises(Unauthenticated):
        ask(basic("contributor", PASSWORD))
    assert ask(basic("contributor", "another long password"))


@pytest.mark.parametrize(
    "header",
    [
        "Digest x",
        "Bearer",
        "Bearer ",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic " + base64.b64encode(b"nocolon").decode(),
        "Basic " + base64.b64encode(b"a\x00b:c").decode(),
        "Bearer sk_pat_nonsense",
        "Bearer \udcff",
    ],
)
def test_malformed_credentials_are_refused_with_401(header, db):
    with pytest.raises(Unauthenticated):
        ask(header)


def test_guessing_is_slowed_down_per_account_and_network(contributor):
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            ask(basic("contributor", "wrong"))

    with pytest.raises(Throttled) as caught:
        ask(basic("contributor", PASSWORD))
    assert 0 < caught.value.retry_after <= 301
    assert ask(basic("contributor", PASSWORD), address="192.168.9.1").uid == contributor.uid
    assert AuditEvent.objects.filter(action="user.sign_in_failed").count() == 9
    assert AuditEvent.objects.filter(action="user.locked_out").count() == 1


def test_the_lock_out_ends_after_five_minutes(contributor, time_machine_at):
    now = timezone.now()
    with time_machine_at(now.isoformat()):
        for _ in range(10):
            with pytest.raises(Unauthenticated):
                ask(basic("contributor", "wrong"))
    with time_machine_at((now + timedelta(minutes=5, seconds=2)).isoformat()):
        assert ask(basic("contributor", PASSWORD))


def test_unknown_names_cost_a_hash_and_are_throttled_too(db, monkeypatch):
    from accounts import passwords

    hashed = []
    monkeypatch.setattr(passwords, "check_password", lambda *args: hashed.append(args) or False)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            ask(basic("ghost", "wrong"))

    assert len(hashed) == 10
    with pytest.raises(Throttled):
        ask(basic("ghost", "wrong"))


def test_signing_a_call_with_a_token_is_one_query(contributor, django_assert_num_queries):
    _, secret = issue_token(contributor, name="laptop")
    ask(f"Bearer {secret}")

    with django_assert_num_queries(1):
        ask(f"Bearer {secret}")


def test_a_principal_of_a_session_is_a_principal(contributor):
    request = RequestFactory().get("/")
    request.user, request.session = contributor.user, SessionStore()

    assert isinstance(authenticate(request), Principal)
