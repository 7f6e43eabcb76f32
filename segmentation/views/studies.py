"""Rounds of judgement for administrators: begin, invite, see who is missing and what the group says, draft weights."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.guards import needs
from customers.vocabulary import Right
from segmentation.forms.studies import InviteForm, StudyForm, VoiceForm
from segmentation.models import Invitation, Study, WeightPolicy
from segmentation.models.studies import AGGREGATIONS
from segmentation.selectors.studies import group_view, versions_of
from segmentation.services import judged_weights, studies


@needs(Right.EDIT_WEIGHTS)
@require_safe
def study_list(request):
    """Every study: how many experts have finished, and until when."""
    counts = {
        "experts": Count("invitations", distinct=True),
        "finished": Count("invitations", filter=Q(invitations__finished_at__isnull=False), distinct=True),
        "asked": Count("questions", distinct=True),
    }
    found = Study.objects.select_related("tree").annotate(**counts)
    return render(request, "segmentation/studies.html", {"studies": found, "today": timezone.localdate()})


@needs(Right.EDIT_WEIGHTS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_study(request):
    """Begin a study and invite its experts."""
    initial = {"random_index": WeightPolicy.current().random_index, "node": request.GET.get("node")}
    form = StudyForm(request.POST or None, today=timezone.localdate(), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            study = _begun(request, form)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("The study is open. Mail the links or hand them over."))
            return redirect("segmentation:study", study.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "segmentation/study_new.html", {"form": form}, status=status)


@transaction.atomic
def _begun(request, form):
    study, told = form.save(), form.cleaned_data
    study.site = request.build_absolute_uri("/")
    studies.begin_study(study=study, nodes=studies.nodes_at(told["node"], told["below"]), by=request.user)
    _invite(request, study, told)
    return study


def _invite(request, study, told):
    now = timezone.now()
    for person in told["people"]:
        studies.invite(study=study, user=person, by=request.user, at=now)
    for name, email in told["outsiders"]:
        studies.invite(study=study, name=name, email=email, by=request.user, at=now)


@needs(Right.EDIT_WEIGHTS)
@require_safe
def study(request, pk):
    """The group's view: who is missing, each expert's weights, consensus, and which pairs divide the group."""
    found = get_object_or_404(Study.objects.select_related("tree", "created_by"), pk=pk)
    invitations = list(found.invitations.select_related("user"))
    links = {one.pk: _link(request, one) for one in invitations}
    context = {
        "study": found,
        "views": group_view(found),
        "people": [(one, links[one.pk], VoiceForm(instance=one, prefix=f"v{one.pk}")) for one in invitations],
        "missing": [one.name for one in invitations if one.finished_at is None],
        "finished": sum(one.finished_at is not None for one in invitations),
        "invite_form": InviteForm(study=found),
        "methods": AGGREGATIONS,
        "policy": WeightPolicy.current(),
        "made": versions_of(found),
        "today": timezone.localdate(),
        "now": timezone.now(),
    }
    return render(request, "segmentation/study.html", context)


def _link(request, invitation):
    return request.build_absolute_uri(f"/segmentation/judge/{studies.token_of(invitation)}/")


@needs(Right.EDIT_WEIGHTS)
@require_POST
def act(request, pk, what):
    """Invite more, mail reminders, close, open again, or make a draft of weights."""
    found = get_object_or_404(Study, pk=pk)
    try:
        target = ACTS[what](request, found)
    except ValidationError as refused:
        for words in refused.messages:
            messages.error(request, words)
        target = None
    return target or redirect("segmentation:study", pk)


def _more(request, found):
    form = InviteForm(request.POST, study=found)
    if not form.is_valid():
        raise ValidationError([words for errors in form.errors.values() for words in errors])
    with transaction.atomic():
        _invite(request, found, form.cleaned_data)
    messages.success(request, _("Saved."))


def _mail(request, found):
    now = timezone.now()
    sent = studies.remind(study=found, at=now)
    text = ngettext("%(n)s expert got a mail with their link.", "%(n)s experts got a mail with their link.", sent)
    messages.success(request, text % {"n": sent})


def _close(request, found):
    studies.set_open(study=found, opened=False, by=request.user)
    messages.success(request, _("The study is closed."))


def _open(request, found):
    studies.set_open(study=found, opened=True, by=request.user)
    messages.success(request, _("The study is open again."))


def _draft(request, found):
    draft, silent = judged_weights.draft_from_study(study=found, by=request.user)
    messages.success(request, _("%(draft)s is ready to be changed.") % {"draft": draft})
    for name in silent:
        text = _("Nobody's judgement counts on “%(name)s”: that branch keeps the weights that count now.")
        messages.warning(request, text % {"name": name})
    return redirect("segmentation:whatif_of" if "try" in request.POST else "segmentation:version", draft.pk)


ACTS = {"invite": _more, "mail": _mail, "close": _close, "open": _open, "draft": _draft}


@needs(Right.EDIT_WEIGHTS)
@require_POST
def voice(request, pk, invitation):
    """How much one expert counts, or a new link for them."""
    one = get_object_or_404(Invitation, pk=invitation, study=pk)
    if "renew" in request.POST:
        studies.renew_link(invitation=one, by=request.user, at=timezone.now())
        messages.success(request, _("A new link is there; the old one is void."))
        return redirect("segmentation:study", pk)
    form = VoiceForm(request.POST, instance=one, prefix=f"v{one.pk}")
    try:
        if not form.is_valid():
            raise ValidationError([words for errors in form.errors.values() for words in errors])
        studies.weigh_expert(invitation=one, by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
    except ValidationError as refused:
        for words in refused.messages:
            messages.error(request, words)
    return redirect("segmentation:study", pk)
