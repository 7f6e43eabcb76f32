"""The roof: settings, addresses, the worker, the conductor of the night. Nobody imports it."""

from crm_site.celery import app as celery_app

__all__ = ["celery_app"]
