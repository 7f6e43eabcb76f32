"""Published weights are closed, in the database too: how a test changes them all the same."""

from contextlib import contextmanager

from segmentation.models import WeightSet


@contextmanager
def opened():
    """The published version as a draft for a moment, without a trace in its history."""
    published = WeightSet.objects.filter(status="PUBLISHED")
    pk = published.values_list("pk", flat=True).get()
    published.update(status="DRAFT")
    yield
    WeightSet.objects.filter(pk=pk).update(status="PUBLISHED")
