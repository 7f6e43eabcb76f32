"""Addresses of the retention pages."""

from django.urls import path

from retention.views import adding, queue, steps

app_name = "retention"
urlpatterns = [
    path("", queue.task_list, name="list"),
    path("new/", adding.add, name="add"),
    path("load/", adding.load, name="load"),
    path("bulk/", steps.bulk, name="bulk"),
    path("<int:pk>/", queue.task_detail, name="detail"),
    path("<int:pk>/row/", queue.task_row, name="row"),
    path("<int:pk>/complete/", steps.complete, name="complete"),
    path("<int:pk>/snooze/", steps.snooze, name="snooze"),
    path("<int:pk>/dismiss/", steps.dismiss, name="dismiss"),
    path("<int:pk>/reassign/", steps.reassign, name="reassign"),
    path("<int:pk>/reopen/", steps.reopen, name="reopen"),
]
