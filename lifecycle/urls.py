"""Addresses of the lifecycle pages."""

from django.urls import path

from lifecycle import views

app_name = "lifecycle"
urlpatterns = [path("", views.board, name="board")]
