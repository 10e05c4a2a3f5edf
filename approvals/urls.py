"""The addresses of the pages of promotions."""

from django.urls import URLPattern, path

from approvals.views import policies, promoting, requests

app_name = "approvals"
urlpatterns: list[URLPattern] = [
    path("requests", requests.inbox, name="requests"),
    path("requests/<int:pk>", requests.show, name="request"),
    path("requests/<int:pk>/gates", requests.gates, name="gates"),
    path("requests/<int:pk>/decide", requests.decide, name="decide"),
    path("requests/<int:pk>/ratify", requests.ratify, name="ratify"),
    path("requests/<int:pk>/comment", requests.comment, name="comment"),
    path("requests/<int:pk>/tick", requests.tick, name="tick"),
    path("requests/<int:pk>/waive", requests.waive, name="waive"),
    path("requests/<int:pk>/cancel", requests.cancel, name="cancel"),
    path("requests/<int:pk>/resubmit", requests.resubmit, name="resubmit"),
    path("projects/<slug:slug>/policy", policies.policy, name="policy"),
    path("projects/<slug:slug>/policy/edit", policies.edit_policy, name="edit-policy"),
    path("projects/<slug:slug>/policy/proposals/<int:pk>", policies.answer_proposal, name="answer-proposal"),
    path("projects/<slug:slug>/policy/<int:pk>", policies.policy_version, name="policy-version"),
    path("models/<slug:project>/<str:name>/versions/<int:number>/gates", promoting.try_gates, name="try-gates"),
    path("models/<slug:project>/<str:name>/policy", policies.model_policy, name="model-policy"),
    path(
        "models/<slug:project>/<str:name>/versions/<int:number>/break-glass", requests.break_glass, name="break-glass"
    ),
]
