#!/usr/bin/env python
"""Django's command-line door."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as missing:
        raise SystemExit("Django is not installed here: run `make demo` first, then use .venv/bin/python.") from missing
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
