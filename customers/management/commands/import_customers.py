"""Import customers from a CSV or XLSX file by a mapping of its columns."""

from customers.management.importing import ImportCommand
from customers.vocabulary import ImportKind


class Command(ImportCommand):
    help = __doc__
    kind = ImportKind.CUSTOMERS
