"""What the constraints of the database say to people: the field to look at and the reason in words."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

BEFORE_START = _("This lies before the start.")
NUMBER_TAKEN = _("This number is used already.")
NEGATIVE = _("This can't be negative.")
REASONS = {
    "customer_capacity_positive": ("spending_capacity", NEGATIVE),
    "customer_not_own_parent": ("buys_through", _("A customer can't buy through itself.")),
    "contact_left_after_since": ("left_on", BEFORE_START),
    "service_cost_positive": ("amount", NEGATIVE),
    "contract_ends_after_start": ("end", BEFORE_START),
    "one_contract_per_number": ("number", NUMBER_TAKEN),
    "receivable_due_after_issue": ("due", _("This lies before the day of issue.")),
    "one_receivable_per_number": ("number", NUMBER_TAKEN),
    "case_due_after_opened": ("answer_due", _("This lies before the opening.")),
    "case_answered_after_opened": ("answered_at", _("This lies before the opening.")),
    "referral_not_to_self": ("became", _("A customer can't recommend us to itself.")),
    "one_line_per_number": ("line_no", _("This order has a line of this number already.")),
    "line_within_limits": ("amount", _("A line can't be larger than 10^12.")),
}


class ReasonsMixin:
    """Lets a model form answer a broken constraint beside its field, instead of with the constraint's name."""

    def _post_clean(self):
        said = self._errors.pop(NON_FIELD_ERRORS, None)
        super()._post_clean()
        self._errors.pop(NON_FIELD_ERRORS, None)  # Django's general sentences about the constraints below
        if said:
            self._errors[NON_FIELD_ERRORS] = said
        exclude = self._get_validation_exclusions()
        for constraint in self.instance._meta.constraints:
            try:
                constraint.validate(type(self.instance), self.instance, exclude=exclude)
            except ValidationError as refused:
                field, reason = REASONS.get(constraint.name, (None, refused))
                self.add_error(field if field in self.fields else None, reason)
