"""The addresses of the pages of notifications."""

from django.urls import URLPattern, path

from notifications import views

app_name = "notifications"
urlpatterns: list[URLPattern] = [
    path("profile/mail", views.mail, name="mail"),
]
