"""Where a version comes from: the source a client names is read once, and every object in it is looked up.

Registering makes bytes readable by way of the version, so the right to download is asked on each of them.
"""

from dataclasses import dataclass, replace

from accounts.roles import Action
from artifacts.uris import (
    PROXIED_SCHEME,
    LoggedModelUri,
    ObjectUri,
    OwnerKind,
    ProxiedUri,
    RunUri,
    VersionUri,
    parse_uri,
)
from audit.operation import require
from registry.exceptions import InvalidSource, ModelNotFound, VersionNotFound
from registry.loading import load_run
from registry.models import AliasInterval, ModelVersion, RegisteredModel
from registry.queries.rows import newest_versions
from registry.rules import Stage, alias_key, check_prompt_source, parse_stage
from tracking.exceptions import NoSuchLoggedModel, NoSuchRun
from tracking.models import Lifecycle as TrackingLifecycle, LoggedModel, Run


@dataclass(frozen=True, slots=True)
class Origin:
    """A source, resolved: where the bytes lie, and what made them."""

    source: str
    location: str
    space_uid: str = ""
    prefix: str = ""
    run: Run | None = None
    run_uid: str = ""
    logged_model: LoggedModel | None = None
    copied_from: ModelVersion | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """What a client named: a source, and the run or logged model that it says the source belongs to."""

    source: str
    run_uid: str | None = None
    logged_model_uid: str | None = None


def resolve_origin(model: RegisteredModel, named: Named) -> Origin:
    """Find out where a version of ``model`` comes from.

    Raises InvalidSource when the source cannot be one, NotFound or PermissionDenied for what it names.
    """
    if model.is_prompt:
        check_prompt_source(named.source)
        return _with_makers(Origin(named.source, named.source), named)
    match uri := parse_uri(named.source):
        case VersionUri():
            return _copy(model, uri, named)
        case RunUri():
            return _of_run(uri.run_id, uri.path, named)
        case LoggedModelUri():
            return _of_logged_model(uri.model_id, uri.path, named)
        case ProxiedUri():
            return _proxied(uri, named)
        case ObjectUri():
            return _with_makers(Origin(named.source, str(uri)), named)
    raise InvalidSource(
        f"Invalid model version source: {named.source[:200]!r}. A path on some computer says nothing to a server: "
        "name a run (runs:/…), a logged model (models:/m-…) or an object store (s3://…)."
    )


def _of_run(uid: str, path: str, named: Named) -> Origin:
    if named.run_uid != uid or named.logged_model_uid:
        raise _not_its_owner("run_id", named)
    run = _find_run(uid)
    if run is None:
        raise NoSuchRun(f"Run with id={uid} not found")
    return replace(_below(run, path, named), run=run, run_uid=run.uid)


def _of_logged_model(uid: str, path: str, named: Named) -> Origin:
    if named.logged_model_uid != uid:
        raise _not_its_owner("model_id", named)
    return _with_makers(_below(_find_logged_model(uid), path, named), named)


def _proxied(uri: ProxiedUri, named: Named) -> Origin:
    """Bytes that the client names by where they lie: they must be the named run's or logged model's own."""
    owned = uri.owned
    if owned is None:
        raise _not_its_owner("run_id", named)
    of_run = owned.kind == OwnerKind.RUN
    origin = (_of_run if of_run else _of_logged_model)(owned.uid, owned.path, named)
    if origin.location != str(uri):
        raise _not_its_owner("run_id" if of_run else "model_id", named)
    return origin


def _copy(model: RegisteredModel, uri: VersionUri, named: Named) -> Origin:
    version = _find_version(model, uri)
    require(Action.DOWNLOAD, version)
    logged_model_uid = version.logged_model.uid if version.logged_model else ""
    if named.run_uid not in (None, version.run_uid) or named.logged_model_uid not in (None, logged_model_uid):
        raise InvalidSource(f"Invalid model version source: {named.source!r}. It was made by another run or model.")
    return Origin(
        source=f"models:/{uri.name}/{version.number}",
        location=version.location,
        space_uid=version.space_uid,
        prefix=version.prefix,
        run=version.run,
        run_uid=version.run_uid,
        logged_model=version.logged_model,
        copied_from=version,
    )


def _find_version(model: RegisteredModel, uri: VersionUri) -> ModelVersion:
    source_model = RegisteredModel.objects.active().filter(project=model.project_id, name=uri.name).first()
    if source_model is None:
        raise ModelNotFound(f"Registered Model with name={uri.name} not found")
    require(Action.VIEW, source_model)
    if source_model.is_prompt:
        raise InvalidSource(f"Invalid model version source: {str(uri)!r}. A prompt cannot become a model.")
    versions = ModelVersion.objects.active().filter(model=source_model)
    if uri.version is not None:
        versions = versions.filter(number=uri.version)
    elif uri.alias:
        standing = AliasInterval.objects.open().filter(model=source_model, key=alias_key(uri.alias))
        versions = versions.filter(pk__in=standing.values("version"))
    else:
        stages = [parse_stage(uri.stage)] if uri.stage else list(Stage)
        versions = versions.filter(pk__in=[row.pk for row in newest_versions([source_model.pk], stages)[-1:]])
    version = versions.select_related("model", "logged_model", "run").first()
    if version is None:
        raise VersionNotFound(f"Model Version {uri} not found")
    return version


def _below(owner: Run | LoggedModel, path: str, named: Named) -> Origin:
    location = f"{owner.artifact_uri}/{path}" if path else owner.artifact_uri
    ours = owner.artifact_uri.startswith(f"{PROXIED_SCHEME}:")
    return Origin(named.source, location, space_uid=owner.uid if ours else "", prefix=path)


def _with_makers(origin: Origin, named: Named) -> Origin:
    """Add the logged model and the run that the client named; the logged model knows its run by itself."""
    logged_model = _find_logged_model(named.logged_model_uid) if named.logged_model_uid else None
    run = logged_model.source_run if logged_model else None
    if run is not None and named.run_uid not in (None, run.uid):
        raise _not_its_owner("run_id", named)
    if run is None and named.run_uid:
        run = _find_run(named.run_uid)
    run_uid = run.uid if run else named.run_uid or ""
    return replace(origin, run=run, run_uid=run_uid, logged_model=logged_model)


def _find_run(uid: str) -> Run | None:
    """The run, if it is one of ours: a source in an outside store may come from a run of another server."""
    run = load_run(uid)
    if run is not None:
        require(Action.DOWNLOAD, run)
        _refuse_deleted("run", run)
    return run


def _find_logged_model(uid: str) -> LoggedModel:
    found = LoggedModel.objects.select_related("experiment__project", "source_run__experiment").filter(uid=uid).first()
    if found is None:
        raise NoSuchLoggedModel(f"Logged model with ID '{uid}' not found.")
    require(Action.DOWNLOAD, found)
    _refuse_deleted("logged model", found)
    return found


def _refuse_deleted(kind: str, owner: Run | LoggedModel) -> None:
    stages = {owner.lifecycle_stage, owner.experiment.lifecycle_stage}
    if TrackingLifecycle.DELETED in stages:
        raise InvalidSource(f"The {kind} {owner.uid} is deleted; restore it before you register what it made.")


def _not_its_owner(parameter: str, named: Named) -> InvalidSource:
    return InvalidSource(
        f"Invalid model version source: {named.source[:200]!r}. The {parameter} request parameter must identify the "
        "run or logged model that the source belongs to."
    )
