"""Addresses of users, teams and the own account."""

from django.urls import path

from customers.views import people

app_name = "people"
urlpatterns = [
    path("", people.people, name="list"),
    path("me/", people.me, name="me"),
    path("new/", people.new_user, name="user_new"),
    path("<int:pk>/", people.edit_user, name="user_edit"),
    path("<int:pk>/deactivate/", people.deactivate, name="deactivate"),
    path("<int:pk>/activate/", people.activate, name="activate"),
    path("<int:pk>/password/", people.password_link, name="password_link"),
    path("teams/new/", people.edit_team, name="team_new"),
    path("teams/<int:pk>/", people.edit_team, name="team_edit"),
    path("teams/<int:pk>/delete/", people.delete_team, name="team_delete"),
]
