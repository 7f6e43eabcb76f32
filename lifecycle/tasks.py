"""Doors of the worker into the lifecycle wing: each takes primitives, calls one function, and may be repeated."""

import logging

from celery import shared_task
from django.utils import timezone

from customers.selectors.nights import published_night
from lifecycle import backtest
from lifecycle.models import BacktestRun

log = logging.getLogger("guanxi.backtest")


@shared_task
def run_backtest(run_id):
    """Carry one backtest to its end; what was done already is not done again."""
    if BacktestRun.objects.filter(pk=run_id, state__in=backtest.LIVE).exists():
        backtest.run(run_id, now=timezone.now)


@shared_task
def monthly_backtest():
    """Measure the record on what the published night knows; nothing happens before the first night."""
    night = published_night()
    if night is not None:
        run_backtest(backtest.planned(as_of=night.as_of).pk)


@shared_task
def sweep_backtests():
    """Take up what a crash or a lost message left."""
    for run_id in backtest.abandoned(timezone.now()):
        log.warning("backtest %s gave no sign and is taken up again", run_id)
        run_backtest.delay(run_id)
