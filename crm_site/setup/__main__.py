"""Runs a set-up recipe with the system's Python: `python3 crm_site/setup demo|test|install|dev|lock`."""

# Nothing newer than Python 3.6 may stand in this file: it has to load where the version is too old, to say so.
import os
import shutil
import sys

OLDEST = (3, 11)
NEWER_NAMES = ("python3.11", "python3.12", "python3.13", "python3.14", "python3")
REEXECUTED = "GUANXI_SETUP_REEXECUTED"


def with_a_python_new_enough():
    """Starts again under a newer Python of this machine, or says what is missing."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_NAMES if REEXECUTED not in os.environ else ():
        path = shutil.which(name)
        if path:
            os.environ[REEXECUTED] = "1"
            os.execv(path, [path, *sys.argv])
    sys.exit(
        "Guanxi needs Python {}.{} or newer; this is {}.{}.\n"
        "Install one, or name it: make demo PYTHON=/path/to/python3".format(*OLDEST, *sys.version_info[:2])
    )


if __name__ == "__main__":
    with_a_python_new_enough()
    from recipes import main

    sys.exit(main(sys.argv[1:]))
