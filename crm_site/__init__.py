"""The roof: settings, addresses, the worker, the conductor of the night. Nobody imports it."""

import os

# Before numpy is loaded: the matrices here are small, and a second BLAS thread would spin between two of them and do
# nothing else. Work that is worth a second thread is cut into blocks (customers.numerics.blocks).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from crm_site.celery import app as celery_app

__all__ = ["celery_app"]
