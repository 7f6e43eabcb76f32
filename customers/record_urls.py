"""Addresses of the forms for customers and what is known about them."""

from django.urls import path

from customers.forms.kinds import KINDS
from customers.views import records

urlpatterns = [
    path("new/", records.new_customer, name="new"),
    path("edit/<code:code>/", records.edit_customer, name="edit"),
]
for _kind in KINDS.values():
    _given = {"kind": _kind.one}
    urlpatterns += [
        path(f"{_kind.many}/add/<code:code>/", records.add_record, _given, name=f"{_kind.one}_add"),
        path(f"{_kind.many}/<int:pk>/", records.edit_record, _given, name=f"{_kind.one}_edit"),
        path(f"{_kind.many}/<int:pk>/delete/", records.delete_record, _given, name=f"{_kind.one}_delete"),
    ]
