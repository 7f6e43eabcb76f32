"""Every address of the product; each room brings its own."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from crm_site import preferences, views
from retention.care.views.surveys import public_survey

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("method/", views.method_page, name="method"),
    path("nights/", include("crm_site.night_urls")),
    path("customers/", include("customers.urls")),
    path("imports/", include("customers.import_urls")),
    path("people/", include("customers.people_urls")),
    path("segmentation/", include("segmentation.urls")),
    path("lifecycle/", include("lifecycle.urls")),
    path("retention/", include("retention.urls")),
    path("s/<str:token>/", public_survey, name="survey"),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("i18n/setlang/", preferences.set_language, name="set_language"),
    path("theme/", preferences.set_theme, name="set_theme"),
    path("admin/", admin.site.urls),
]
