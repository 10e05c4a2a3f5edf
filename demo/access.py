"""Makes the projects, people, teams, machines and roles, as far as they are not there yet, and signs in as them."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.browser import Browser
from demo.people import (
    APPROVER,
    DOMAIN,
    GRANTS,
    LEFT,
    PEOPLE,
    POLICIES,
    POLICY,
    PROJECTS,
    SERVICE_ACCOUNTS,
    TEAMS,
    Grant,
    Person,
)
from demo.progress import Progress
from demo.server import Server, Stop


class Access:
    """Everybody of the demo, by user name."""

    def __init__(self, server: Server, progress: Progress, *, small: bool = False) -> None:
        self.server = server
        #: Whether a tenth of the runs is enough.
        self.small = small
        #: The passwords that were made in this run of the demo. They are shown at its end and kept nowhere.
        self.passwords: dict[str, str] = {}
        self._progress = progress
        self._tokens: dict[str, str] = {}
        self._uids: dict[str, str] = {}
        self._browsers: dict[str, Browser] = {}

    def set_up(self) -> None:
        """Make what is missing."""
        with self._progress.chapter("projects") as made:
            made.add(sum(self._project(slug, *words) for slug, words in PROJECTS.items()))
        with self._progress.chapter("people") as made:
            made.add(sum(self._person(person) for person in (*PEOPLE, LEFT)))
        with self._progress.chapter("service accounts") as made:
            made.add(sum(self._service_account(*account) for account in SERVICE_ACCOUNTS))
        with self._progress.chapter("teams") as made:
            made.add(sum(self._team(team) for team in TEAMS))
        with self._progress.chapter("roles") as made:
            made.add(sum(self._grant(grant) for grant in GRANTS))
        with self._progress.chapter("policies") as made:
            made.add(sum(self._policy(slug, admin) for slug, admin in POLICIES))
        self._see_off()

    def token_of(self, username: str) -> str:
        """A token of a person or machine, issued when it is first needed."""
        if username not in self._tokens:
            body = {"name": f"{username}'s laptop", "expires_at": _in_days(60)}
            if username in {name for name, *_ in SERVICE_ACCOUNTS}:
                token = self.server.post("tokens", {**body, "name": "scheduler", "owner": username})
            else:
                token = self.server.post("tokens", body, login=(username, self._password_of(username)))
            self._tokens[username] = token["secret"]
        return self._tokens[username]

    def _password_of(self, username: str) -> str:
        """The person's password; a new one when an earlier run of the demo made theirs."""
        if username not in self.passwords:
            password = secrets.token_urlsafe(12)
            self.server.post(f"users/{self._uids[username]}/set-password", {"password": password})
            self.passwords[username] = password
        return self.passwords[username]

    def _project(self, slug: str, name: str, description: str) -> bool:
        if self.server.get(f"projects/{slug}"):
            return False
        self.server.post("projects", {"slug": slug, "name": name, "description": description})
        return True

    def _person(self, person: Person) -> bool:
        known = self.server.find("users", username=person.username)
        if known:
            if not (known["email"] or "").endswith(f"@{DOMAIN}"):
                raise Stop(f"There is a {person.username} who is not of the demo; this is no server for a demo.")
            self._uids[person.username] = known["uid"]
            return False
        password = secrets.token_urlsafe(12)
        body = {"username": person.username, "display_name": person.name, "email": person.email}
        made = self.server.post("users", body | {"password": password})
        self._uids[person.username] = made["uid"]
        self.passwords[person.username] = password
        return True

    def _service_account(self, username: str, project: str, name: str) -> bool:
        known = self.server.find("service-accounts", username=username)
        body = {"username": username, "project": project, "display_name": name}
        account = known or self.server.post("service-accounts", body)
        self._uids[username] = account["uid"]
        return not known

    def _team(self, team: Any) -> bool:
        known = self.server.find("teams", slug=team.slug)
        body = {"slug": team.slug, "description": team.description, "project": team.project}
        made = known or self.server.post("teams", body)
        self._uids[f"team:{team.slug}"] = str(made["id"])
        if not known:
            for member in team.members:
                self.server.post(f"teams/{made['id']}/members", {"user": member})
        return not known

    def _grant(self, grant: Grant) -> bool:
        kind = "team" if grant.holder.startswith("team:") else "user"
        holder = self._uids[grant.holder]
        given = self.server.every("role-bindings", **{kind: holder, "role": grant.role})
        if any(binding["scope"] == grant.scope for binding in given):
            return False
        body: dict[str, Any] = {kind: holder, "role": grant.role, "scope": grant.scope, "reason": grant.reason}
        if grant.days:
            body["expires_at"] = _in_days(grant.days)
        binding = self.server.post("role-bindings", body)
        if grant.taken_back:
            self.server.post(f"role-bindings/{binding['id']}/revoke", {"reason": grant.taken_back})
        return True

    def browser_of(self, username: str) -> Browser:
        """The pages of the server, signed in to by a person."""
        if username not in self._browsers:
            self._browsers[username] = Browser(self.server.url, username, self._password_of(username))
        return self._browsers[username]

    def _policy(self, slug: str, admin: str) -> bool:
        """Let the policy of the demo hold: it asks for less than before, so an approver has to agree."""
        if "demo-" in self.server.get(f"projects/{slug}/policy")["policy"]:
            return False
        proposal = self.browser_of(admin).publish_policy(slug, POLICY.format(slug=slug))
        self.browser_of(APPROVER).agree(slug, proposal)
        return True

    def _see_off(self) -> None:
        """Close the account of somebody who has left."""
        self.passwords.pop(LEFT.username, None)
        uid = self._uids[LEFT.username]
        if self.server.get(f"users/{uid}")["is_active"]:
            self.server.post(f"users/{uid}/deactivate", {"reason": "Left the company."})


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
