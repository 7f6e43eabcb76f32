"""Who may: fetch and check in one call."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404

from customers.models import Customer
from customers.vocabulary import Right, UserRole

RIGHTS = {
    UserRole.MANAGER: {Right.EXPORT},
    UserRole.LEAD: {Right.EXPORT, Right.ASSIGN, Right.MERGE},
    UserRole.ADMIN: set(Right),
}


def rights_of(user):
    """The capabilities of a user, as a set of Right."""
    if not user.is_authenticated or not user.is_active:
        return set()
    return RIGHTS[UserRole.ADMIN] if user.is_admin else RIGHTS[UserRole(user.role)]


def may(user, right):
    """Whether the user has a capability."""
    return right in rights_of(user)


def require(user, right):
    """403 where the capability is missing."""
    if not may(user, right):
        raise PermissionDenied


def needs(right):
    """A view decorator: sign-in first, then the capability (403 without)."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            require(request.user, right)
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorate


def visible_customer(user, code, night_id=None):
    """The customer with this code, if the user may see it (404 otherwise); with its standing where a night is given.

    A code that collides with an address is reachable by ``id-<number>``.
    """
    found = Customer.objects.visible_to(user)
    if night_id:
        found = found.with_standing(night_id)
    customer = found.filter(code=code).select_related("owner").first()
    if customer is None and (number := _numbered(code)) is not None:
        customer = found.filter(pk=number).first()
    if customer is None:
        raise Http404
    return customer


def _numbered(code):
    """The number of ``id-<number>``; None for any other address."""
    number = code.removeprefix("id-")
    sound = number != code and number.isascii() and number.isdigit() and len(number) < 19
    return int(number) if sound else None


def survivor_of(user, code):
    """The customer that took over the one with this code (or ``id-<number>``), if the user may see it; else None."""
    every = Customer.objects.filter(merged_into__isnull=False)
    former = every.filter(code=code).first()
    if former is None and (number := _numbered(code)) is not None:
        former = every.filter(pk=number).first()
    return Customer.objects.visible_to(user).filter(pk=former.merged_into_id).first() if former else None


def visible_or_404(queryset, user, **lookup):
    """One row of a queryset that knows `visible_to`, or 404."""
    row = queryset.visible_to(user).filter(**lookup).first()
    if row is None:
        raise Http404
    return row
