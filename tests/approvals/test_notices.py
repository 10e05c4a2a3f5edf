"""Which event of a request is told to whom, and with which sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from accounts.operations import deactivate_user, grant_role
from accounts.roles import Role
from approvals import checks
from approvals.actors import PROMOTIONS
from approvals.models import PromotionRequest, RequestState, Verdict
from approvals.operations import cancel_request, end_request, open_request, ratify, refresh_request
from approvals.promotion import break_glass
from audit import guard, triggers
from notifications import letters
from registry.operations.cards import revise_version_card
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, fresh, vote

REASON = "The live model answers nothing at all."


@dataclass
class Scene:
    """Everybody who takes part, and the request."""

    people: dict[str, Any]
    request: PromotionRequest
    version: Any

    def __getattr__(self, name: str) -> Any:
        return self.people[name]


@pytest.fixture
def told() -> Callable[[], dict[str, list[str]]]:
    """Sends what is due, and says who got which subjects since the last time."""

    def tell() -> dict[str, list[str]]:
        letters.open_noted()
        letters.post_turn()
        by_person: dict[str, list[str]] = {}
        for letter in mail.outbox:
            by_person.setdefault(letter.to[0].split("@")[0], []).append(str(letter.subject))
        mail.outbox.clear()
        return by_person

    return tell


@pytest.fixture
def give_addresses() -> Callable[[], None]:
    """Gives everybody an address."""

    def give() -> None:
        with guard.lifted():
            for user in User.objects.all():
                User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org")

    return give


@pytest.fixture
def cast_of_all(admin, contributor, approver, second_approver, maintainer, viewer, give_addresses):
    """The people of these tests, each with an address."""
    give_addresses()
    return {
        "admin": admin,
        "contributor": contributor,
        "approver": approver,
        "second_approver": second_approver,
        "maintainer": maintainer,
        "viewer": viewer,
    }


@pytest.fixture
def scene(set_policy, cast_of_all, version, project, admin, told) -> Scene:
    """The contributor asked for Production, which takes two; nobody was told yet of what follows."""
    set_policy(approvals=2, break_glass="true", name="two")
    grant_role(admin, cast_of_all["maintainer"].user, Role.INCIDENT_RESPONDER, project)
    age_roles()
    request = checked(open_request(cast_of_all["contributor"], version, Stage.PRODUCTION, reason="Secret reason."))
    return Scene(cast_of_all, request, version)


def approve(scene):
    vote(scene.approver, fresh(scene.request))


def approve_twice(scene):
    approve(scene)
    vote(scene.second_approver, fresh(scene.request))


def reject(scene):
    approve(scene)
    vote(scene.second_approver, fresh(scene.request), Verdict.REJECT)


def ask_for_changes(scene):
    vote(scene.approver, fresh(scene.request), Verdict.REQUEST_CHANGES)


def change_the_card_after_a_vote(scene):
    approve(scene)
    revise_version_card(scene.maintainer, scene.version, {"limitations": "Not at night."}, based_on=0)
    refresh_request(PROMOTIONS, fresh(scene.request))
    checks.check_request(scene.request.pk)


def cancel(scene):
    approve(scene)
    cancel_request(scene.contributor, fresh(scene.request))


def expire(scene):
    approve(scene)
    end_request(PROMOTIONS, fresh(scene.request), RequestState.EXPIRED, "Nobody finished it in time.")


def break_the_glass(scene):
    scene.people["broken"] = break_glass(
        _anew(scene.maintainer), scene.version, Stage.PRODUCTION, reason=REASON, incident="INC-7"
    )


def ratify_it(scene):
    break_the_glass(scene)
    ratify(_anew(scene.approver), scene.broken, signed_in_at=timezone.now())


def _anew(principal):
    return type(principal)(User.objects.get(pk=principal.user.pk), auth="session")


def _move_back(request, hours):
    with guard.lifted(), triggers.disabled():
        now = PromotionRequest.objects.get(pk=request.pk)
        PromotionRequest.objects.filter(pk=request.pk).update(
            ratify_by=now.ratify_by - timedelta(hours=hours), created_at=now.created_at - timedelta(hours=hours)
        )


P = "fraud v1 to Production: "
TABLE = [
    (approve, {"contributor": [P + "approved"]}),
    (
        approve_twice,
        {
            "contributor": [P + "approved", P + "approved", P + "is in Production"],
            "approver": [P + "is in Production"],
            "second_approver": [P + "is in Production"],
        },
    ),
    (reject, {"contributor": [P + "approved", P + "rejected"], "approver": [P + "rejected"]}),
    (ask_for_changes, {"contributor": [P + "changes requested"]}),
    (
        change_the_card_after_a_vote,
        {"contributor": [P + "approved"], "approver": [P + "your vote was voided"]},
    ),
    (cancel, {"contributor": [P + "approved"], "approver": [P + "cancelled"]}),
    (
        expire,
        {"contributor": [P + "approved", P + "expired"], "approver": [P + "expired"]},
    ),
    (
        break_the_glass,
        {
            "contributor": [P + "invalidated", P + "break-glass"],
            "approver": [P + "break-glass"],
            "second_approver": [P + "break-glass"],
            "admin": [P + "break-glass"],
        },
    ),
]


@pytest.mark.parametrize(("happens", "then"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_who_is_told_what(scene, told, happens, then):
    assert told() == {"approver": [P + "please decide"], "second_approver": [P + "please decide"]}

    happens(scene)

    assert told() == then


def test_people_are_reminded_once_of_a_ratification_and_told_once_that_it_is_overdue(scene, told):
    told()
    break_the_glass(scene)
    told()
    _move_back(scene.broken, 60)
    checks.look_after_requests()
    checks.look_after_requests()

    assert told() == {"approver": [P + "please ratify"], "second_approver": [P + "please ratify"]}

    _move_back(scene.broken, 24)
    checks.look_after_requests()
    checks.look_after_requests()

    everybody = ["admin", "approver", "contributor", "maintainer", "second_approver"]
    assert told() == {name: [P + "ratification is overdue"] for name in everybody}


def test_who_broke_the_glass_is_told_of_the_ratification(scene, told):
    ratify_it(scene)

    assert P + "ratified" in told()["maintainer"]


def test_a_letter_has_the_link_the_model_the_target_who_asked_and_what_is_needed(scene, give_addresses):
    letters.open_noted()
    letters.post_turn()

    letter = mail.outbox[0]
    assert f"/requests/{scene.request.pk}\n" in letter.body
    for line in (
        "contributor asks that version 1 of fraud may go to Production. You may decide about it.",
        "Model:    fraud (project default)",
        "Step:     version 1 to Production",
        "Asked by: contributor",
        "Needed:   2 approvals, by ",
    ):
        assert line in letter.body
    assert "Secret reason" not in letter.body
    assert "/profile/mail" in letter.body
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"


def test_a_void_vote_says_why(scene, told):
    told()
    change_the_card_after_a_vote(scene)
    letters.open_noted()
    letters.post_turn()

    body = next(each.body for each in mail.outbox if each.to == ["approver@example.org"])
    assert "Your decision no longer counts, because the model card changed." in body


def test_only_those_whose_vote_would_count_are_asked(set_policy, cast_of_all, cast, version, told, give_addresses):
    set_policy(independence="strict", name="strict")
    age_roles()
    cast("fresh_approver", Role.APPROVER)
    give_addresses()
    checked(open_request(cast_of_all["contributor"], version, Stage.PRODUCTION))

    assert set(told()) == {"approver", "second_approver"}


def test_the_requester_hears_when_nobody_could_approve(set_policy, contributor, admin, version, told, give_addresses):
    set_policy(name="two", approvals=2)
    give_addresses()
    checked(open_request(contributor, version, Stage.PRODUCTION))  # every role is new

    assert told() == {"contributor": [P + "too few can approve"]}


def test_the_requester_hears_which_gate_holds_it_up(set_policy, cast_of_all, version, told):
    set_policy(gates='[{type: required_tags, keys: ["validated"]}]', name="tagged")
    age_roles()
    checked(open_request(cast_of_all["contributor"], version, Stage.PRODUCTION))

    assert told() == {"contributor": [P + "gates hold it up"]}


def test_whoever_is_switched_off_gets_no_mail(scene, admin, told):
    deactivate_user(admin, scene.second_approver.user)

    assert set(told()) == {"approver", "contributor"}  # who hears that too few are left
