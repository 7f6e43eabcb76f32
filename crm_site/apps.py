"""Django's registration of this app."""

from django.apps import AppConfig


class CrmSiteConfig(AppConfig):
    name = "crm_site"
    label = "crm_site"
