"""The addresses of the pages of the registry."""

from django.urls import URLPattern, path

from registry.views import alias_rules, cards, compare, emergencies, lists, model, moving, registering, tags, version

_MODEL = "models/<slug:project>/<str:name>"
_VERSION = f"{_MODEL}/versions/<int:number>"

app_name = "registry"
urlpatterns: list[URLPattern] = [
    path("compare/versions", compare.compare, name="compare-versions"),
    path("compare/versions.csv", compare.compare_csv, name="compare-versions-csv"),
    path("projects/<slug:slug>/aliases", alias_rules.governed_aliases, name="governed-aliases"),
    path("projects/<slug:slug>/aliases/<int:rule>/free", alias_rules.free_alias, name="free-alias"),
    path("models", lists.model_list, name="models"),
    path("models/new", registering.new_model, name="new-model"),
    path("models/new-version", registering.new_version, name="new-version"),
    path("models/trash/<int:pk>/restore", model.restore, name="model-restore"),
    path(_MODEL, model.overview, name="model"),
    path(f"{_MODEL}/versions", model.versions, name="model-versions"),
    path(f"{_MODEL}/history", model.history, name="model-history"),
    path(f"{_MODEL}/card", cards.model_card, name="model-card"),
    path(f"{_MODEL}/card/edit", cards.edit_model_card, name="model-card-edit"),
    path(f"{_MODEL}/card/revisions/<int:revision>", cards.model_card_revision, name="model-card-revision"),
    path(f"{_MODEL}/edit", model.edit, name="model-edit"),
    path(f"{_MODEL}/roll-back", emergencies.roll_back, name="roll-back"),
    path(f"{_MODEL}/rename", model.rename, name="model-rename"),
    path(f"{_MODEL}/hand-over", model.hand_over, name="model-hand-over"),
    path(f"{_MODEL}/delete", model.delete, name="model-delete"),
    path(f"{_MODEL}/tags", tags.model_tags, name="model-tags"),
    path(f"{_MODEL}/tags/delete", tags.delete_model_tag, name="model-tag-delete"),
    path(f"{_MODEL}/aliases", tags.model_aliases, name="model-aliases"),
    path(f"{_MODEL}/aliases/delete", tags.delete_alias, name="model-alias-delete"),
    path(_VERSION, version.overview, name="version"),
    path(f"{_VERSION}/files", version.files, name="version-files"),
    path(f"{_VERSION}/history", version.history, name="version-history"),
    path(f"{_VERSION}/card", cards.version_card, name="version-card"),
    path(f"{_VERSION}/card/edit", cards.edit_version_card, name="version-card-edit"),
    path(f"{_VERSION}/card/revisions/<int:revision>", cards.version_card_revision, name="version-card-revision"),
    path(f"{_VERSION}/edit", version.edit, name="version-edit"),
    path(f"{_VERSION}/transition", moving.transition, name="transition"),
    path(f"{_VERSION}/quarantine", emergencies.quarantine, name="quarantine"),
    path(f"{_VERSION}/release", emergencies.release, name="release"),
    path(f"{_VERSION}/delete", version.delete, name="version-delete"),
    path(f"{_VERSION}/restore", version.restore, name="version-restore"),
    path(f"{_VERSION}/tags", tags.version_tags, name="version-tags"),
    path(f"{_VERSION}/tags/delete", tags.delete_version_tag, name="version-tag-delete"),
    path(f"{_VERSION}/aliases", tags.version_aliases, name="version-aliases"),
]
