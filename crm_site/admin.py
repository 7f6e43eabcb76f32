"""What Django admin does not show: tables of libraries that nobody edits by hand."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin

for model in (AccessAttempt, AccessFailureLog, AccessLog):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
