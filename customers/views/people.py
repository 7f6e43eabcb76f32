"""Users and teams for administrators, and everybody's own account."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.forms.people import AccountForm, DeactivateForm, TeamForm, UserForm
from customers.guards import needs
from customers.models import Team, User
from customers.services import people as services
from customers.vocabulary import Right

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@needs(Right.MANAGE_PEOPLE)
@require_safe
def people(request):
    """Everybody who may sign in, and the teams."""
    users = User.objects.select_related("team").annotate(customer_count=Count("customers"))
    wish = request.GET.get("q", "").replace("\0", "").strip()
    if wish:
        parts = ("username", "first_name", "last_name", "email", "team__name")
        found = Q()
        for part in parts:
            found |= Q(**{f"{part}__icontains": wish})
        users = users.filter(found)
    active = Count("members", filter=Q(members__is_active=True))
    context = {
        "people": users.order_by("-is_active", "team__name", "last_name", "username"),
        "teams": Team.objects.annotate(size=active).prefetch_related("members"),
        "wish": wish,
    }
    return render(request, "people/list.html", context)


@needs(Right.MANAGE_PEOPLE)
@GET_OR_POST
def new_user(request):
    """Set up an account; the person chooses the password by a link."""
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = services.save_user(person=form.save(commit=False), by=request.user)
        messages.success(
            request, _("%(person)s is set up. Now give them a link to choose a password.") % {"person": person}
        )
        return redirect("people:user_edit", person.pk)
    return render(request, "people/user.html", {"form": form}, status=_status(request))


@needs(Right.MANAGE_PEOPLE)
@GET_OR_POST
def edit_user(request, pk):
    """Change an account: name, role, team, language."""
    person = get_object_or_404(User, pk=pk)
    form = UserForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_user(person=form.save(commit=False), by=request.user)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("people:list")
    context = {"form": form, "person": User.objects.get(pk=pk), "customers": person.customers.count()}
    return render(request, "people/user.html", context, status=_status(request))


@needs(Right.MANAGE_PEOPLE)
@GET_OR_POST
def deactivate(request, pk):
    """Close an account and hand its customers over."""
    person = get_object_or_404(User, pk=pk)
    form = DeactivateForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            moved = services.deactivate(
                person=person, hand_to=form.cleaned_data["hand_to"], by=request.user, at=timezone.now()
            )
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("The account is closed; customers handed over: %(n)s.") % {"n": moved})
            return redirect("people:list")
    context = {"form": form, "person": person, "customers": person.customers.count()}
    return render(request, "people/deactivate.html", context, status=_status(request))


@needs(Right.MANAGE_PEOPLE)
@require_POST
def activate(request, pk):
    """Open a closed account again."""
    services.activate(person=get_object_or_404(User, pk=pk), by=request.user)
    messages.success(request, _("The account is open again."))
    return redirect("people:user_edit", pk)


@needs(Right.MANAGE_PEOPLE)
@require_POST
def password_link(request, pk):
    """A link by which the person chooses a password: mailed, or shown once to be handed over."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    link = request.build_absolute_uri(services.password_path(person))
    if "mail" in request.POST and person.email:
        services.send_password_link(person=person, link=link)
        messages.success(request, _("The link is on its way to %(email)s.") % {"email": person.email})
        return redirect("people:user_edit", pk)
    return render(request, "people/link.html", {"person": person, "link": link})


@needs(Right.MANAGE_PEOPLE)
@GET_OR_POST
def edit_team(request, pk=None):
    """Set up or rename a team."""
    team = get_object_or_404(Team, pk=pk) if pk else None
    form = TeamForm(request.POST or None, instance=team)
    if request.method == "POST" and form.is_valid():
        services.save_team(team=form.save(commit=False), by=request.user)
        messages.success(request, _("Saved."))
        return redirect("people:list")
    members = team.members.order_by("-is_active", "last_name", "username") if team else []
    return render(
        request, "people/team.html", {"form": form, "team": team, "members": members}, status=_status(request)
    )


@needs(Right.MANAGE_PEOPLE)
@require_POST
def delete_team(request, pk):
    """Delete an empty team."""
    try:
        services.delete_team(team=get_object_or_404(Team, pk=pk), by=request.user)
        messages.success(request, _("Deleted."))
    except ValidationError as refused:
        messages.error(request, refused.messages[0])
        return redirect("people:team_edit", pk)
    return redirect("people:list")


@login_required
@GET_OR_POST
def me(request):
    """The own account: names, language, appearance, rows a page."""
    form = AccountForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        services.save_account(person=form.save(commit=False))
        response = redirect("people:me")
        response.delete_cookie("theme")
        messages.success(request, _("Saved."))
        return response
    return render(request, "people/me.html", {"form": form}, status=_status(request))


def _status(request):
    return 422 if request.method == "POST" else 200
