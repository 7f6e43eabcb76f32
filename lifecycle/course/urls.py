"""Addresses about the course of relationships, below those of the lifecycle wing."""

from django.urls import path

from lifecycle.course import views

urlpatterns = [
    path("cohorts/", views.cohorts, name="cohorts"),
    path("endings/", views.ends, name="endings"),
    path("view/", views.view_by, name="view_by"),
    path("stage/set/<code:code>/", views.override, name="override"),
    path("stage/<int:pk>/lift/", views.lift, name="lift"),
    path("signal/record/<code:code>/", views.signal, name="signal"),
    path("signal/<int:pk>/settle/", views.settle, name="settle"),
    path("checklist/<code:code>/", views.checklist, name="checklist"),
    path("reasons/<code:code>/", views.reasons, name="reasons"),
]
