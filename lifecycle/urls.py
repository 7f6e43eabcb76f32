"""Addresses of the lifecycle pages."""

from django.urls import include, path

from lifecycle import views
from lifecycle.benchmarks import views as benchmarks
from lifecycle.record import views as record
from lifecycle.value import views as value

app_name = "lifecycle"
urlpatterns = [
    path("", views.board, name="board"),
    path("", include("lifecycle.course.urls")),
    path("benchmarks/", benchmarks.benchmarks, name="benchmarks"),
    path("record/", record.record, name="record"),
    path("record/measure/", record.measure, name="record_measure"),
    path("record/<int:pk>/progress/", record.progress, name="record_progress"),
    path("value/", value.customer_equity, name="value"),
    path("value/<code:code>/estimates/", value.estimates, name="estimates"),
    path("models/", value.models, name="models"),
]
