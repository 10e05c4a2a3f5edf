"""Lets what the models' history brings to Staging and Production run somewhere, and agents say what they see there."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from demo.access import Access
from demo.catalogue import Entry, Step
from demo.server import Server

_WHO: Final = "ravi"
_STAGING, _PRODUCTION = "Staging", "Production"


@dataclass(frozen=True)
class Place:
    """An environment, made by its keeper."""

    project: str
    name: str
    keeper: str
    stage: str
    description: str


PLACES = (
    Place("oncology", "prod", "amara", _PRODUCTION, "The microscopes of the **pathology**."),
    Place("oncology", "staging", "amara", _STAGING, "A microscope that nobody waits for."),
    Place("winery", "prod", "samir", _PRODUCTION, "The laboratory."),
    Place("post-sorting", "prod", "mei", _PRODUCTION, "Sorting machines 1 to 9."),
    Place("post-sorting", "staging", "mei", _STAGING, "The machine in the workshop."),
    Place("diabetes-care", "prod", "amara", _PRODUCTION, "The wards."),
)
#: Where the versions of a model run: environment and target.
TARGETS = {
    "oncology/tumour-classifier": (("staging", "workshop"), ("prod", "bench-1"), ("prod", "bench-2")),
    "winery/cultivar-classifier": (("prod", "spectrometer"),),
    "post-sorting/digit-reader": (("staging", "workshop"), ("prod", "machines-1-to-4"), ("prod", "machines-5-to-9")),
    "diabetes-care/progression-forecast": (("prod", "ward-3"),),
}
#: A roll-out that did not work: the model, its version, and the target.
_FAILS = ("post-sorting/digit-reader", 4, "machines-5-to-9")
#: Where something runs that nobody let run.
_STRAY = ("oncology", "prod", "bench-7")


def make_places(access: Access) -> int:
    """Make the environments that are not there yet."""
    made = 0
    for place in PLACES:
        if access.server.get(f"environments/{place.project}/{place.name}"):
            continue
        body = {
            "project": place.project,
            "name": place.name,
            "kind": "production" if place.stage == _PRODUCTION else "staging",
            "required_stage": place.stage,
            "description": place.description,
        }
        access.server.post("environments", body, token=access.token_of(place.keeper))
        made += 1
    return made


def follow(access: Access, entry: Entry, step: Step) -> None:
    """Roll a version out that has just come to a stage, or take back what Production went back from."""
    model = f"{entry.project}/{entry.name}"
    if step.alias or step.refused or step.undecided:
        return
    rollouts = _Rollouts(access.server, access.token_of(_WHO), entry)
    for environment, target in TARGETS.get(model, ()):
        if step.back and environment == "prod":
            rollouts.take_back(target, step.reason)
        elif step.stage == (_PRODUCTION if environment == "prod" else _STAGING):
            fails = (model, step.version, target) == _FAILS
            rollouts.roll_out(environment, target, step, "The probe answered 503." if fails else "")


@dataclass(frozen=True)
class _Rollouts:
    """What the deployer does with one model."""

    server: Server
    token: str
    entry: Entry

    def roll_out(self, environment: str, target: str, step: Step, fault: str) -> None:
        """Ask for a permit and report how it went."""
        wanted = {
            "project": self.entry.project,
            "model": self.entry.name,
            "version": step.version,
            "environment": environment,
            "target": target,
            "image_digest": _image(self.entry, step.version),
            "identity_issuer": "https://ci.demo.example",
            "identity_subject": f"{self.entry.project}/{self.entry.name}/deploy",
            "reason": step.reason,
        }
        made = self.server.post("deployments", wanted, token=self.token)
        self._report(made["id"], "deploying")
        self._report(made["id"], "failed" if fault else "active", fault)

    def take_back(self, target: str, reason: str) -> None:
        """Let a target go back to what ran there before."""
        running = self.server.find("deployments", model=self.entry.name, target=target, state="active")
        if running:
            back = self.server.post(f"deployments/{running['id']}/roll-back", {"reason": reason}, token=self.token)
            self._report(back["id"], "deploying")
            self._report(back["id"], "active")

    def _report(self, deployment: int, state: str, note: str = "") -> None:
        self.server.post(f"deployments/{deployment}/state", {"state": state, "note": note}, token=self.token)


def look_around(access: Access) -> int:
    """Let agents say what runs in each environment, unless they have before; one of them sees a stranger."""
    said = 0
    for place in PLACES:
        path = f"environments/{place.project}/{place.name}/sightings"
        if access.server.get(path)["results"]:
            continue
        running = access.server.every(
            "deployments", environment_project=place.project, environment=place.name, state="active"
        )
        seen = [
            {"target": row["target"], "content_digest": row["content_digest"], "image_digest": row["image_digest"]}
            for row in running
        ]
        if (place.project, place.name) == _STRAY[:2]:
            seen.append({"target": _STRAY[2], "content_digest": sha256(b"a model from somebody's laptop").hexdigest()})
        if seen:
            access.server.post(path, {"sightings": seen}, token=access.token_of(_WHO))
        said += len(seen)
    return said


def _image(entry: Entry, version: int) -> str:
    return "sha256:" + sha256(f"{entry.project}/{entry.name}:{version}".encode()).hexdigest()
