"""Addresses of the Nights pages."""

from django.urls import path

from crm_site import night_views, replay_views, rescore_views

app_name = "nights"
urlpatterns = [
    path("", night_views.index, name="index"),
    path("run/", night_views.run, name="run"),
    path("replay/", replay_views.index, name="replay"),
    path("replay/<int:pk>/", replay_views.detail, name="replay_detail"),
    path("rescore/<int:pk>/", rescore_views.publish, name="rescore"),
    path("<int:pk>/rescored/", rescore_views.result, name="rescored"),
    path("<int:pk>/", night_views.detail, name="detail"),
    path("<int:pk>/publish/", night_views.publish, name="publish"),
]
