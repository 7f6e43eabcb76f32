"""Addresses of the segmentation pages."""

from django.urls import path

import customers.urls  # noqa: F401 - registers the converter of customer codes
from segmentation import views

app_name = "segmentation"
urlpatterns = [
    path("pyramid/", views.pyramid, name="pyramid"),
    path("quadrant/", views.quadrant, name="quadrant"),
    path("weights/", views.weight_page, name="weights"),
    path("expert/<code:code>/", views.expert_scores, name="expert"),
]
