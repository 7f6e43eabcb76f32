"""Signing in: demo accounts only in demo mode, and never the demo password elsewhere."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DEMO_PASSWORD = "guanxi-demo"  # noqa: S105 - published on purpose, refused outside demo mode


class DemoAwareBackend(ModelBackend):
    """Django's backend, except that demo accounts and the demo password are refused outside demo mode."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        user = super().authenticate(request, username=username, password=password, **kwargs)
        refused = user is not None and not settings.DEMO and (user.is_demo or password == DEMO_PASSWORD)
        return None if refused else user


class NotTheDemoPasswordValidator:
    """Refuses the demo password for anybody's own account."""

    def validate(self, password, user=None):
        if password == DEMO_PASSWORD:
            raise ValidationError(_("This password is known to everybody: it is the one of the demo."))

    def get_help_text(self):
        return _("Your password can't be the demo password.")
