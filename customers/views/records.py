"""Forms for people: a customer, and every kind of record about it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.forms.customer import CustomerForm
from customers.forms.kinds import KINDS
from customers.guards import visible_customer, visible_or_404
from customers.services import records as services

PREFILLED = ("kind", "care_phase", "subject")  # what a link to an empty form may choose already
GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@GET_OR_POST
def new_customer(request):
    """Enter a customer; similar ones are shown before it is saved."""
    form = CustomerForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        customer = form.save(commit=False)
        services.create_customer(customer=customer, by=request.user, at=timezone.now())
        messages.success(request, _("%(customer)s is saved.") % {"customer": customer})
        return redirect(customer)
    return render(request, "customers/records/customer.html", {"form": form}, status=_status(request))


@login_required
@GET_OR_POST
def edit_customer(request, code):
    """Change a customer; where somebody saved it meanwhile both versions are shown and nothing is lost."""
    customer = visible_customer(request.user, code)
    form = CustomerForm(request.POST or None, user=request.user, instance=customer)
    if request.method == "POST" and form.is_valid():
        expected = form.cleaned_data["version"]
        try:
            saved = services.update_customer(
                customer=form.save(commit=False), expected=expected or 0, by=request.user, at=timezone.now()
            )
        except services.Conflict as conflict:
            return _conflict(request, form, conflict.current)
        messages.success(request, _("%(customer)s is saved.") % {"customer": saved})
        return redirect(saved if _still_visible(request.user, saved) else "customers:list")
    context = {"form": form, "customer": visible_customer(request.user, code)}
    return render(request, "customers/records/customer.html", context, status=_status(request))


def _still_visible(user, customer):
    return type(customer).objects.visible_to(user).filter(pk=customer.pk).exists()


def _conflict(request, form, current):
    """409: the stored values beside the entered ones; saving again overwrites knowingly."""
    form.data = form.data.copy()
    form.data[form.add_prefix("version")] = str(current.version)
    context = {"form": form, "customer": current, "differences": form.differences(current), "conflict": True}
    return render(request, "customers/records/customer.html", context, status=409)


def _status(request):
    return 422 if request.method == "POST" else 200


@login_required
@GET_OR_POST
def add_record(request, code, kind):
    """Enter a record about a customer the user may see."""
    customer = visible_customer(request.user, code)
    return _record_form(request, KINDS[kind], customer, None)


@login_required
@GET_OR_POST
def edit_record(request, pk, kind):
    """Change a record of a customer the user may see."""
    record = visible_or_404(KINDS[kind].model.objects.select_related("customer"), request.user, pk=pk)
    return _record_form(request, KINDS[kind], record.customer, record)


def _record_form(request, kind, customer, record):
    now = timezone.localtime()
    given = {name: request.GET[name] for name in PREFILLED if record is None and name in request.GET}
    form = kind.form(
        request.POST or None, instance=record, user=request.user, customer=customer, now=now, initial=given
    )
    if request.method == "POST" and form.is_valid():
        services.save_record(record=form.save(commit=False), by=request.user, at=now)
        messages.success(request, _("Saved."))
        return redirect(_back(request, kind, customer))
    context = {
        "form": form,
        "customer": customer,
        "kind": kind,
        "record": record,
        "back": _back(request, kind, customer),
    }
    context["delete_url"] = f"customers:{kind.one}_delete"
    return render(request, "customers/records/record.html", context, status=_status(request))


@login_required
@GET_OR_POST
def delete_record(request, pk, kind):
    """Delete a record after a question."""
    kind = KINDS[kind]
    record = visible_or_404(kind.model.objects.select_related("customer"), request.user, pk=pk)
    back = _back(request, kind, record.customer)
    if request.method == "POST":
        services.delete_record(record=record, by=request.user)
        messages.success(request, _("Deleted."))
        return redirect(back)
    context = {"record": record, "customer": record.customer, "kind": kind, "back": back}
    context["edit_url"] = f"customers:{kind.one}_edit"
    return render(request, "customers/records/delete.html", context)


def _back(request, kind, customer):
    """Where the person came from (`next`), else the tab of the customer page that shows this kind."""
    wish = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wish, {request.get_host()}, require_https=request.is_secure()):
        return wish
    return f"{customer.get_absolute_url()}?tab={kind.tab}"
