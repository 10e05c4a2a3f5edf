"""What goes in and comes out of ``…/versions``."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import Moment, Text
from artifacts.models import ArtifactFile
from registry.api.reads import MOST_FILES, Files
from registry.api.values import LIFECYCLES, DescriptionField, MomentQuerySerializer, NewTagsField
from registry.models import ModelVersion
from registry.rules import RUN_LINK_LENGTH, Stage
from registry.search import MODEL_VERSIONS
from tracking.api.values import FilterField, pairs_of

_URI_LENGTH: Final = 2_000


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A model version."""

    project = serializers.CharField(source="model.project.slug")
    model = serializers.CharField(source="model.name", help_text="The name of its model.")
    stage = serializers.ChoiceField(source="shown_stage", choices=Stage.choices)
    stage_since = Moment(source="shown_since")
    run = serializers.CharField(source="run_uid", allow_blank=True, help_text="The uid of the run that made it.")
    logged_model = serializers.CharField(
        source="logged_model.uid", allow_null=True, default=None, help_text="The uid of the logged model it is."
    )
    location = serializers.CharField(help_text="Where its files lie.")
    content_digest = serializers.CharField(
        allow_blank=True, help_text="SHA-256 of the manifest of its files, fixed when it first left the stage None."
    )
    frozen_at = Moment(allow_null=True)
    creator = serializers.CharField(source="creator.username", help_text="Who registered it.")
    created_at = Moment()
    updated_at = Moment()
    tags = serializers.SerializerMethodField()
    aliases = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = [
            "project",
            "model",
            "number",
            "description",
            "stage",
            "stage_since",
            "source",
            "location",
            "run",
            "run_link",
            "logged_model",
            "content_digest",
            "frozen_at",
            "status",
            "lifecycle",
            "creator",
            "created_at",
            "updated_at",
            "tags",
            "aliases",
        ]
        read_only_fields = fields

    def get_tags(self, version: ModelVersion) -> dict[str, str]:
        """Remarks by key; of a prompt also its text."""
        return pairs_of(version.tags.all())

    def get_aliases(self, version: Any) -> list[str]:
        """The aliases that stand for it."""
        return sorted(alias.alias for alias in version.shown_aliases)


class FileSerializer(serializers.ModelSerializer[ArtifactFile]):
    """One file of a version."""

    path = serializers.SerializerMethodField()
    sha256 = serializers.CharField(allow_blank=True, help_text="Empty while the server has not read the file yet.")

    class Meta:
        model = ArtifactFile
        fields = ["path", "size", "sha256", "state"]
        read_only_fields = fields

    def get_path(self, file: ArtifactFile) -> str:
        """Where it lies in the version."""
        return str(file).removeprefix(self.context["prefix"])


class FilesSerializer(serializers.Serializer[Files]):
    """The files of a version."""

    count = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Of all of them together, in bytes.")
    files = serializers.SerializerMethodField(help_text=f"By path; the first {MOST_FILES}.")

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, files: Files) -> Any:
        """The files with paths from the version's own root."""
        return FileSerializer(files.files, many=True, context={"prefix": files.prefix}).data


class ModelVersionDetailSerializer(ModelVersionSerializer):
    """A model version with its files."""

    content = FilesSerializer(source="shown_files", allow_null=True, help_text="null when it is kept elsewhere.")
    quarantined_at = Moment(
        allow_null=True, help_text="Since when nobody may load it; null when it is not quarantined."
    )
    stamps = serializers.ListField(
        source="shown_stamps",
        child=serializers.CharField(),
        help_text="What warns of it now: quarantined, unreviewed (nobody was asked), unratified (an emergency).",
    )
    at = Moment(source="shown_at", allow_null=True, default=None, help_text="The moment that was asked about.")

    class Meta(ModelVersionSerializer.Meta):
        fields = [*ModelVersionSerializer.Meta.fields, "content", "quarantined_at", "stamps", "at"]
        read_only_fields = fields


class NewModelVersionSerializer(serializers.Serializer[Any]):
    """What is registered: what a run made, a logged model, or what lies at a source."""

    run = Text(required=False, allow_blank=False, max_length=64, help_text="The uid of the run that made it.")
    logged_model = Text(required=False, allow_blank=False, max_length=34, help_text="The uid of the logged model.")
    path = Text(required=False, default="", max_length=1000, help_text="A folder in it; left out: all of it.")
    source = Text(  # type: ignore[assignment]  # a field of that name
        required=False,
        allow_blank=False,
        max_length=_URI_LENGTH,
        help_text="In place of a path: models:/<name>/<number> to copy a version, or s3://…, perhaps with a run.",
    )
    run_link = Text(required=False, default="", max_length=RUN_LINK_LENGTH)
    description = DescriptionField(required=False, default="")
    tags = NewTagsField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Say where the files lie. Raises ``ValidationError`` when nothing says so, or two things do."""
        if "source" in attrs and attrs["path"]:
            raise serializers.ValidationError({"path": "Name either a source or a path, not both."})
        if "source" in attrs:
            return attrs
        if "logged_model" in attrs:
            return attrs | {"source": _below(f"models:/{attrs['logged_model']}", attrs["path"])}
        if "run" in attrs:
            return attrs | {"source": _below(f"runs:/{attrs['run']}", attrs["path"])}
        raise serializers.ValidationError({"source": "Say what to register: a run, a logged_model or a source."})


def _below(uri: str, path: str) -> str:
    return f"{uri}/{path}" if path else uri


class TransitionSerializer(serializers.Serializer[Any]):
    """Where a version is to go, and why."""

    stage = serializers.ChoiceField(choices=Stage.choices)
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    archive_existing = serializers.BooleanField(
        required=False, default=False, help_text="Archive the others in Staging; whoever is in Production always goes."
    )


class ModelVersionQuerySerializer(MomentQuerySerializer):
    """Which versions. ``filter`` speaks of how they are now, ``stage`` of the moment ``at``."""

    filter = FilterField(MODEL_VERSIONS.q)
    stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    lifecycle = serializers.ChoiceField(
        choices=LIFECYCLES, required=False, help_text="Left out: active; with at: all, for what was there then."
    )


class ModelVersionSearchSerializer(ModelVersionQuerySerializer):
    """Which versions, of whatever model."""

    project = serializers.CharField(max_length=63, required=False, help_text="The short name of a project.")
    kind = serializers.ChoiceField(choices=["model", "prompt", "all"], required=False, default="model")


class NeededReasonSerializer(serializers.Serializer[Any]):
    """Why something grave is done; kept in the audit log where it can be erased."""

    reason = serializers.CharField(max_length=10_000)


class FindingSerializer(serializers.Serializer[Any]):
    """What somebody found who looked into a suspected version."""

    finding = serializers.CharField(max_length=10_000, help_text="For those who load it again.")
