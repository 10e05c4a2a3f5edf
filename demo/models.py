"""Registers models with real files, and lets different people move their versions as the months would."""

import tempfile
import time
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Any

import mlflow
from mlflow.models import infer_signature

from demo.access import Access
from demo.catalogue import MODELS, PROMPTS, VIEWS, Entry, Made, Step, View
from demo.datasets import load
from demo.decisions import ask
from demo.exhibits import write_exhibits
from demo.logbook import Logbook, Trained, logbook
from demo.progress import Progress
from demo.rollouts import follow, look_around, make_places
from demo.server import model_path
from demo.studies import scores_of

_REQUIREMENTS = ["mlflow", "scikit-learn", "pandas"]
_TRUSTED = ["sklearn.tree._tree.Tree", "sklearn.neural_network._stochastic_optimizers.AdamOptimizer"]


def register_models(access: Access, progress: Progress) -> None:
    """Everything in the catalogue that is not there yet."""
    with progress.chapter("environments") as count:
        count.add(make_places(access))
    for entry in MODELS:
        with logbook(access, progress, entry.writer, entry.project, entry.experiment, note=entry.note) as book:
            uids = [_Training(book, entry, made).run() for made in entry.versions]
            _register(book, entry, uids)
        with progress.chapter(f"{entry.project} / {entry.name}: history") as count:
            count.add(_tell(access, entry))
            count.add(_write_cards(access, entry))
    with progress.chapter("sightings") as count:
        count.add(look_around(access))
    for project, writer, name, texts in PROMPTS:
        with logbook(access, progress, writer, project, "letters", note="Evaluations of prompts.") as book:
            _register_prompt(book, name, texts)
    with progress.chapter("saved views") as count:
        count.add(sum(_save_view(access, view) for view in VIEWS))


@dataclass(frozen=True)
class _Training:
    """One training whose model is kept."""

    book: Logbook
    entry: Entry
    made: Made

    def run(self) -> str:
        """Train, log and keep the model with everything about it; return the id of the run."""
        if self.book.has(self.made.run):
            return self.book.uid_of(self.made.run)
        data = load(self.entry.data)
        began = time.perf_counter()
        model = self.made.estimator().fit(data.x, data.y)
        took = time.perf_counter() - began
        params = {"estimator": type(model).__name__} | {
            key: value for key, value in model.get_params(deep=False).items() if value is not None
        }
        run = Trained(
            self.made.run,
            self.made.days_ago,
            30 + took * 60,
            params,
            scores_of(model, data) | {"fit_seconds": took},
            tags={
                "mlflow.note.content": self.made.note,
                "mlflow.source.git.commit": sha1(self.made.run.encode(), usedforsecurity=False).hexdigest(),
            },
            status="RUNNING",
            inputs=data.inputs,
        )
        uid = self.book.write(run)
        with mlflow.start_run(run_id=uid):
            self._keep(model, uid)
        run.status = "FINISHED"
        self.book.finish(uid, run)
        return uid

    def _keep(self, model: Any, uid: str) -> None:
        data = load(self.entry.data)
        example = data.x_test.head(3)
        with tempfile.TemporaryDirectory() as folder:
            write_exhibits(Path(folder), model, data, f"{self.entry.name}: {self.made.run}")
            self.book.writer.log_artifacts(uid, folder)
        mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(example, model.predict(example)),
            input_example=example,
            pip_requirements=_REQUIREMENTS,
            skops_trusted_types=_TRUSTED,
        )


def _register(book: Logbook, entry: Entry, uids: list[str]) -> None:
    """Make the model and its versions, as far as they are missing."""
    if not book.reader.search_registered_models(f"name = '{entry.name}'"):
        book.writer.create_registered_model(entry.name, tags=entry.tags, description=entry.description)
    present = {version.run_id for version in book.reader.search_model_versions(f"name = '{entry.name}'")}
    for made, uid in zip(entry.versions, uids, strict=True):
        if uid in present:
            continue
        book.count.add()
        (output,) = book.reader.get_run(uid).outputs.model_outputs
        source = f"models:/{output.model_id}"
        book.writer.create_model_version(
            entry.name, source, uid, tags=made.tags, description=made.note, model_id=output.model_id
        )


def _tell(access: Access, entry: Entry) -> int:
    """Let the steps of a model's history happen, unless any has happened before."""
    path = model_path(entry.project, entry.name)
    stays = access.server.every(f"{path}/stages")
    if any(stay["stage"] != "None" for stay in stays):
        return 0
    for step in entry.history:
        _do(access, path, step)
        follow(access, entry, step)
    return len(entry.history)


def _do(access: Access, path: str, step: Step) -> None:
    token, version = access.token_of(step.who), f"{path}/versions/{step.version}"
    if step.alias:
        access.server.put(f"{path}/aliases/{step.alias}", {"version": step.version}, token=token)
    elif step.back:
        access.server.post(f"{version}/roll-back", {"reason": step.reason}, token=token)
    elif step.refused:
        access.server.refused(f"{version}/transition", {"stage": step.stage, "reason": step.reason}, token=token)
    elif step.stage == "Production":
        ask(access, path, step)
    else:
        access.server.post(f"{version}/transition", {"stage": step.stage, "reason": step.reason}, token=token)


def _register_prompt(book: Logbook, name: str, texts: tuple[tuple[str, str], ...]) -> None:
    if book.reader.search_prompts(f"name = '{name}'"):
        return
    book.sign_in()
    for text, why in texts:
        mlflow.genai.register_prompt(name, text, commit_message=why, tags={"language": "en"})
    mlflow.genai.set_prompt_alias(name, "letters", len(texts))
    book.count.add(len(texts))


def _write_cards(access: Access, entry: Entry) -> int:
    """Save the revisions of cards that are not there yet."""
    path, made = model_path(entry.project, entry.name), 0
    for card in entry.cards:
        where = f"{path}/versions/{card.version}/card" if card.version else f"{path}/card"
        said = [revision["comment"] for revision in access.server.every(f"{where}/revisions")]
        if card.comment not in said:
            body = {"sections": card.sections, "comment": card.comment}
            access.server.patch(where, body, token=access.token_of(card.who))
            made += 1
    return made


def _save_view(access: Access, view: View) -> int:
    found = access.server.find("experiments", project=view.project, filter=f"name = '{view.experiment}'")
    views = access.server.every("saved-views", experiment=found["id"])
    if any(known["name"] == view.name for known in views):
        return 0
    body = {"experiment": found["id"], "name": view.name, "query": view.query, "shared": view.shared}
    access.server.post("saved-views", body, token=access.token_of(view.who))
    return 1
