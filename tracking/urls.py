"""The addresses of the pages of tracking."""

from django.urls import URLPattern, path, re_path

from tracking.editables import LOGGED_MODEL, RUN
from tracking.views import (
    chosen_runs,
    compare,
    editing,
    experiments,
    files,
    logged_model,
    run,
    runs_csv,
    runs_table,
    saved_views,
    sweep,
)

_RUN = "^runs/(?P<uid>[0-9a-f]{32})"
_MODEL = "^logged-models/(?P<uid>m-[0-9a-f]{32})"

app_name = "tracking"
urlpatterns: list[URLPattern] = [
    path("experiments", experiments.experiment_list, name="experiments"),
    path("experiments/new", experiments.new_experiment, name="new-experiment"),
    path("experiments/<int:pk>", runs_table.experiment, name="experiment"),
    path("experiments/<int:pk>/rename", experiments.rename_experiment, name="rename-experiment"),
    path("experiments/<int:pk>/note", experiments.describe_experiment, name="describe-experiment"),
    path("experiments/<int:pk>/delete", experiments.delete_experiment, name="delete-experiment"),
    path("experiments/<int:pk>/restore", experiments.restore_experiment, name="restore-experiment"),
    path("experiments/<int:pk>/group", runs_table.open_group, name="run-group"),
    path("experiments/<int:pk>/live", runs_table.live_rows, name="live-runs"),
    path("experiments/<int:pk>/runs.csv", runs_csv.runs_csv, name="runs-csv"),
    path("experiments/<int:pk>/runs/tag", chosen_runs.tag_runs, name="tag-runs"),
    path("experiments/<int:pk>/runs/delete", chosen_runs.delete_runs, name="delete-runs"),
    path("experiments/<int:pk>/runs/restore", chosen_runs.restore_runs, name="restore-runs"),
    path("experiments/<int:pk>/views", saved_views.saved_views, name="saved-views"),
    path("experiments/<int:pk>/views/new", saved_views.save_view, name="save-view"),
    path("experiments/<int:pk>/views/<int:view>", saved_views.change_view, name="change-view"),
    path("experiments/<int:pk>/views/<int:view>/delete", saved_views.delete_view, name="delete-view"),
    path("compare/runs", compare.compare_runs, name="compare-runs"),
    path("compare/runs.csv", compare.compare_runs_csv, name="compare-runs-csv"),
    re_path(f"{_RUN}$", run.show, name="run"),
    re_path(f"{_RUN}/live$", run.live, name="run-live"),
    re_path(f"{_RUN}/curves$", run.curves, name="run-curves"),
    re_path(f"{_RUN}/artifacts$", files.run_files, name="run-artifacts"),
    re_path(f"{_RUN}/children$", sweep.children, name="run-children"),
    re_path(f"{_RUN}/children.json$", sweep.picture, name="run-children-picture"),
    re_path(f"{_RUN}/rename$", run.rename, name="run-rename"),
    re_path(f"{_RUN}/note$", editing.note, {"what": RUN}, name="run-note"),
    re_path(f"{_RUN}/tags$", editing.tag, {"what": RUN}, name="run-tag"),
    re_path(f"{_RUN}/tags/remove$", editing.remove_tag, {"what": RUN}, name="run-tag-remove"),
    re_path(f"{_RUN}/delete$", run.delete, name="run-delete"),
    re_path(f"{_RUN}/restore$", run.restore, name="run-restore"),
    re_path(f"{_MODEL}$", logged_model.show, name="logged-model"),
    re_path(f"{_MODEL}/artifacts$", files.logged_model_files, name="logged-model-artifacts"),
    re_path(f"{_MODEL}/note$", editing.note, {"what": LOGGED_MODEL}, name="logged-model-note"),
    re_path(f"{_MODEL}/tags$", editing.tag, {"what": LOGGED_MODEL}, name="logged-model-tag"),
    re_path(f"{_MODEL}/tags/remove$", editing.remove_tag, {"what": LOGGED_MODEL}, name="logged-model-tag-remove"),
    re_path(f"{_MODEL}/delete$", logged_model.delete, name="logged-model-delete"),
]
