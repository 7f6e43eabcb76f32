"""Strict reading of environment variables: a wrong value stops the start with one clear sentence."""

import os

from django.core.exceptions import ImproperlyConfigured

YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name, default=""):
    """The variable's text, or the default where it is unset or empty."""
    return os.environ.get(name) or default


def flag(name, default):
    """A yes/no variable; anything else is refused."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in YES:
        return True
    if value.strip().lower() in NO:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def whole(name, default):
    """A whole-number variable."""
    value = os.environ.get(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def words(name, default=()):
    """A comma-separated variable as a list."""
    value = os.environ.get(name)
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)
