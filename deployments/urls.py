"""The addresses of the pages of deployments."""

from django.urls import URLPattern, path

from deployments.views import alerts, board, deploying, deployments, environments

app_name = "deployments"
urlpatterns: list[URLPattern] = [
    path("deployments", board.board, name="board"),
    path("deployments/alerts", alerts.alerts, name="alerts"),
    path("deployments/alerts/<int:pk>", alerts.alert, name="alert"),
    path("deployments/alerts/<int:pk>/acknowledge", alerts.acknowledge, name="acknowledge-alert"),
    path("deployments/<int:pk>", deployments.show, name="deployment"),
    path("deployments/<int:pk>/permit.json", deployments.permit, name="permit"),
    path("deployments/<int:pk>/new-permit", deployments.renew_permit, name="new-permit"),
    path("deployments/<int:pk>/report", deployments.report, name="report"),
    path("deployments/<int:pk>/roll-back", deployments.roll_back, name="roll-back"),
    path("environments/new", environments.new, name="new-environment"),
    path("environments/<int:pk>", environments.show, name="environment"),
    path("environments/<int:pk>/edit", environments.edit, name="edit-environment"),
    path("environments/<int:pk>/archive", environments.archive, name="archive-environment"),
    path("models/<slug:project>/<str:name>/versions/<int:number>/deploy", deploying.deploy, name="deploy"),
]
