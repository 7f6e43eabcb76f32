"""Sets of customers that a wing works out and the list can be narrowed by: a parameter of the address names one."""

import json
from typing import Protocol

from django.db import models

SETS = {}
LISTED = "IN (SELECT value FROM json_each(%s))"  # SQLite


class NamedSet(Protocol):
    """What a parameter means. Wings hand theirs over at the start."""

    def members(self, value, night):
        """Ids (an array or a list) of who belongs to a value on the published night; None: there is no such set."""

    def words(self, value, night):
        """What the value is called."""


def offer(parameter, named):
    """Makes the set known to the list of customers."""
    SETS[parameter] = named


@models.BigAutoField.register_lookup
class Among(models.Lookup):
    """`id__among=[...]`: as `in`, with one parameter however many there are."""

    lookup_name = "among"

    def get_prep_lookup(self):
        return json.dumps([int(pk) for pk in self.rhs])

    def process_rhs(self, compiler, connection):
        return "%s", [self.rhs]

    def as_sql(self, compiler, connection):
        left, params = self.process_lhs(compiler, connection)
        return " ".join([left, LISTED]), [*params, self.rhs]

    def as_postgresql(self, compiler, connection):
        left, params = self.process_lhs(compiler, connection)
        return left + " = ANY(%s::bigint[])", [*params, "{" + self.rhs[1:-1] + "}"]
