"""Addresses of the retention pages."""

from django.urls import path

from retention.care.views import cases, plan, suggestions, surveys
from retention.kpis import views as kpis
from retention.losses.views import exits, losses
from retention.proof import views as proof
from retention.selling import views as selling
from retention.views import adding, playbooks, queue, steps

app_name = "retention"
urlpatterns = [
    path("", queue.task_list, name="list"),
    path("new/", adding.add, name="add"),
    path("load/", adding.load, name="load"),
    path("playbooks/", playbooks.catalogue, name="playbooks"),
    path("playbooks/new/", playbooks.edit, name="playbook_new"),
    path("playbooks/<str:code>/", playbooks.edit, name="playbook"),
    path("playbooks/<str:code>/delete/", playbooks.delete, name="playbook_delete"),
    path("proof/", proof.overview, name="proof"),
    path("proof/<str:code>/", proof.playbook, name="proof_of"),
    path("proof/<str:code>/retire/", proof.retire, name="proof_retire"),
    path("proof/<str:code>/release/", proof.release, name="proof_release"),
    path("bulk/", steps.bulk, name="bulk"),
    path("<int:pk>/", queue.task_detail, name="detail"),
    path("<int:pk>/row/", queue.task_row, name="row"),
    path("<int:pk>/complete/", steps.complete, name="complete"),
    path("<int:pk>/steps/<int:step>/", steps.tick, name="tick"),
    path("<int:pk>/snooze/", steps.snooze, name="snooze"),
    path("<int:pk>/dismiss/", steps.dismiss, name="dismiss"),
    path("<int:pk>/reassign/", steps.reassign, name="reassign"),
    path("<int:pk>/reopen/", steps.reopen, name="reopen"),
    path("cases/", cases.queue, name="cases"),
    path("cases/<int:pk>/", cases.case_page, name="case"),
    path("cases/<int:pk>/close/", cases.close_case, name="case_close"),
    path("cases/<int:pk>/reopen/", cases.reopen_case, name="case_reopen"),
    path("cases/<int:pk>/person/", cases.hand_over_case, name="case_person"),
    path("cases/suggestions/", suggestions.suggestion_list, name="suggestions"),
    path("cases/suggestions/<int:pk>/", suggestions.feedback, name="suggestion"),
    path("cases/care/", plan.care_plan, name="care"),
    path("cases/surveys/", surveys.survey_list, name="surveys"),
    path("cases/surveys/new/", surveys.invite, name="invite"),
    path("cases/surveys/<int:pk>/", surveys.survey_page, name="survey"),
    path("cases/surveys/<int:pk>/send/", surveys.send_again, name="survey_send"),
    path("cases/surveys/<int:pk>/withdraw/", surveys.withdraw, name="survey_withdraw"),
    path("cross-selling/", selling.cross_selling, name="cross_selling"),
    path("kpis/", kpis.kpis, name="kpis"),
    path("kpis/weights/", kpis.kpi_weights, name="kpi_weights"),
    path("losses/", losses.loss_list, name="losses"),
    path("losses/new/", losses.mark_lost, name="mark_lost"),
    path("losses/decide/", losses.decide, name="decide"),
    path("losses/<int:pk>/", losses.loss_page, name="loss"),
    path("losses/<int:pk>/start/", losses.start, name="win_back"),
    path("losses/<int:pk>/finish/", losses.finish, name="win_back_end"),
    path("losses/<int:pk>/none/", losses.no_loss, name="no_loss"),
    path("exits/", exits.exit_list, name="exits"),
    path("exits/new/", exits.propose, name="propose_exit"),
    path("exits/<int:pk>/", exits.exit_page, name="exit"),
    *(path(f"exits/<int:pk>/{step}/", exits.take_step, {"step": step}, name=f"exit_{step}") for step in exits.STEPS),
]
