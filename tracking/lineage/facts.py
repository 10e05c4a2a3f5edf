"""Facts put together before they are recorded, and tracking's own things as nodes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lineage import keys
from lineage.facts import Flow, Place, Thing
from lineage.models import Scope
from lineage.vocabulary import Basis, EdgeKind, EdgeRole, NodeKind
from tracking.models import LoggedModel, Run
from tracking.rows import RunHead


@dataclass
class Facts:
    """Nodes and edges to be, each once; the first word about a thing counts."""

    things: dict[str, Thing] = field(default_factory=dict)
    flows: dict[Flow, None] = field(default_factory=dict)

    def add(self, thing: Thing) -> str:
        """Add a node; return its key."""
        self.things.setdefault(thing.key, thing)
        return thing.key

    def link(
        self,
        src: str,
        dst: str,
        kind: EdgeKind,
        role: EdgeRole = EdgeRole.NONE,
        basis: Basis = Basis.OBSERVED,
    ) -> None:
        """Add an edge; nothing comes from itself."""
        if src != dst:
            self.flows.setdefault(Flow(src, dst, kind, role, basis), None)

    def update(self, others: "Iterable[Facts]") -> None:
        """Take over what others hold."""
        for other in others:
            for thing in other.things.values():
                self.add(thing)
            self.flows.update(other.flows)


def place_of(project_id: int, experiment_id: int) -> Place:
    """The scope of what an experiment holds."""
    return Place(project_id, Scope.Kind.EXPERIMENT, experiment_id)


def run_thing(run: Run | RunHead, props: dict[str, str] | None = None) -> Thing:
    """A run as a node, at home in its experiment."""
    project_id = run.project_id if isinstance(run, RunHead) else run.experiment.project_id
    return Thing(
        NodeKind.RUN,
        keys.run(run.uid),
        run.name,
        at=run.start_time,
        props=props or {},
        home=place_of(project_id, run.experiment_id),
    )


def model_thing(model: LoggedModel) -> Thing:
    """A logged model as a node, at home in its experiment."""
    return Thing(
        NodeKind.ARTIFACT,
        keys.logged_model(model.uid),
        model.name,
        at=model.creation_time,
        home=place_of(model.experiment.project_id, model.experiment_id),
    )
