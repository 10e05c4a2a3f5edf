"""The words of the graph: kinds of nodes and edges, the parts they play, and how sure we are of them.

Edges point the way information flows, from what was there to what was made of it. Numbers are stored; never reuse one.
"""

from typing import Final

from django.db import models


class NodeKind(models.IntegerChoices):
    """What a node stands for."""

    DATASET = 1, "dataset"
    DATASET_VERSION = 2, "dataset version"
    FEATURE_VIEW_VERSION = 3, "feature view version"
    CODE = 4, "code"
    IMAGE = 5, "image"
    ENVIRONMENT = 6, "environment"
    RUN = 7, "run"
    PIPELINE_RUN = 8, "pipeline run"
    ARTIFACT = 9, "artifact"
    MODEL_VERSION = 10, "model version"
    MODEL = 11, "model"
    EVALUATION = 12, "evaluation"
    DEPLOYMENT = 13, "deployment"
    EXTERNAL = 14, "external"


class EdgeKind(models.IntegerChoices):
    """How one node came to another."""

    USED = 1, "used"  # entity -> run
    GENERATED = 2, "generated"  # run -> entity
    DERIVED = 3, "derived"  # entity -> entity
    DEPLOYED = 4, "deployed"  # model version -> deployment
    EVALUATED = 5, "evaluated"  # model or dataset version -> evaluation
    CONSUMED = 6, "consumed"  # deployment -> dataset version that it wrote
    HAS_VERSION = 7, "has version"  # collection -> version
    PART_OF = 8, "part of"  # parent run -> child run
    ASSOCIATED = 9, "associated"
    SAME_AS = 10, "same as"


class EdgeRole(models.IntegerChoices):
    """The part that one node plays for the other."""

    NONE = 0, ""
    TRAIN = 1, "train"
    VALIDATION = 2, "validation"
    TEST = 3, "test"
    BASE_MODEL = 4, "base model"
    CODE = 5, "code"
    IMAGE = 6, "image"
    ENVIRONMENT = 7, "environment"
    FEATURES = 8, "features"
    CONFIG = 9, "config"
    MODEL = 10, "model"
    DATA = 11, "data"
    REVISION = 12, "revision"
    FILTERED = 13, "filtered"
    MERGED = 14, "merged"
    CONVERTED = 15, "converted"
    DISTILLED = 16, "distilled"
    QUANTISED = 17, "quantised"
    COPY = 18, "copy"


class Basis(models.IntegerChoices):
    """Why we believe an edge."""

    OBSERVED = 1, "observed"  # the product saw it happen
    DECLARED = 2, "declared"  # somebody said so
    INFERRED = 3, "inferred"  # guessed, such as every input of a job for every output


class MarkKind(models.IntegerChoices):
    """What was said of a node or an edge afterwards; the last word about it counts."""

    RETRACTED = 1, "retracted"  # an edge is wrong: walks skip it
    RESTORED = 2, "restored"  # the edge was right after all
    RECALLED = 3, "recalled"  # a node is bad: everything downstream shows it
    CLEARED = 4, "cleared"  # the node is not bad after all
    ENDED = 5, "ended"  # a deployment no longer runs
    PURGED = 6, "purged"  # its bytes were removed by policy; the node stays


#: Edges that say how things belong together, not what flowed: walks leave them out unless asked.
STRUCTURAL: Final = frozenset({EdgeKind.HAS_VERSION, EdgeKind.PART_OF, EdgeKind.ASSOCIATED, EdgeKind.SAME_AS})
FLOW: Final = frozenset(EdgeKind) - STRUCTURAL

#: Schemes of a dataset version's digest that do not prove content.
WEAK_SCHEMES: Final = frozenset({"mlflow", "etag", "written"})
#: What a run read without saying which version it was.
UNPINNED: Final = "unpinned"
#: What a run wrote without saying which version it became: known by that run.
WRITTEN: Final = "written"
