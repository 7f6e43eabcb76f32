"""To whom customers are handed over."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import User


def possible_owners(user):
    """Whom somebody may make an owner: active people, of the own team for a lead, all for an administrator."""
    people = User.objects.filter(is_active=True)
    if not user.is_admin:
        people = people.filter(Q(pk=user.pk) | Q(team=user.team_id, team__isnull=False))
    return people.order_by("last_name", "first_name", "username")


NOBODY = "nobody"


class ReassignForm(forms.Form):
    """The new owner and why. Nobody must be chosen on purpose: it is never what a hasty click does."""

    owner = forms.ChoiceField(label=_("New owner"))
    reason = forms.CharField(label=_("Reason"), max_length=100, required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in possible_owners(user)}
        names = [(pk, person.display_name) for pk, person in self.people.items()]
        nobody = (NOBODY, _("Nobody (queue of unassigned customers)"))
        self.fields["owner"].choices = [("", _("Choose…")), *names, nobody]

    def clean_owner(self):
        """The chosen user; None for nobody."""
        return self.people.get(self.cleaned_data["owner"])
