"""Addresses of the segmentation pages."""

from django.urls import path, re_path

import customers.urls  # noqa: F401 - registers the converter of customer codes
from segmentation.views import judging, movement, pages, score_sheet, studies, tree_edit, trees, weight_sets, whatif

app_name = "segmentation"
urlpatterns = [
    path("pyramid/", pages.pyramid, name="pyramid"),
    path("quadrant/", pages.quadrant, name="quadrant"),
    path("movement/", movement.movement, name="movement"),
    path("movement/customers/", movement.movement_list, name="movement_list"),
    path("weights/", pages.weight_page, name="weights"),
    path("weights/<int:pk>/", weight_sets.version, name="version"),
    re_path(r"^weights/(?P<pk>\d+)/(?P<act>check|approve|draft|publish|copy)/$", weight_sets.step, name="version_step"),
    path("whatif/", whatif.trial, name="whatif"),
    path("whatif/<int:pk>/", whatif.trial, name="whatif_of"),
    path("whatif/<int:pk>/names/", whatif.names, name="whatif_names"),
    path("whatif/<int:pk>/save/", whatif.save, name="whatif_save"),
    path("whatif/<int:pk>/shadow/", whatif.compare, name="shadow"),
    path("whatif/<int:pk>/shadow/set/", whatif.shadow, name="shadow_set"),
    path("trees/", trees.tree_list, name="trees"),
    path("trees/new/", tree_edit.new, name="tree_new"),
    path("trees/<int:pk>/", tree_edit.edit, name="tree_edit"),
    path("trees/<int:pk>/copy/", tree_edit.copy, name="tree_copy"),
    path("trees/<int:pk>/delete/", tree_edit.delete, name="tree_delete"),
    path("trees/<int:pk>/draft/", trees.draft, name="tree_draft"),
    path("studies/", studies.study_list, name="studies"),
    path("studies/new/", studies.new_study, name="study_new"),
    path("studies/<int:pk>/", studies.study, name="study"),
    re_path(r"^studies/(?P<pk>\d+)/(?P<what>invite|mail|close|open|draft)/$", studies.act, name="study_act"),
    path("studies/<int:pk>/experts/<int:invitation>/", studies.voice, name="study_voice"),
    path("scores/", score_sheet.page, name="score_sheet"),
    path("scores/sheet.xlsx", score_sheet.download, name="score_sheet_file"),
    path("judge/", judging.mine, name="judge_mine"),
    path("judge/<token>/", judging.overview, name="judge"),
    path("judge/<token>/done/", judging.finish, name="judge_finish"),
    path("judge/<token>/<int:question>/<int:first>/<int:second>/", judging.pair, name="judge_pair"),
    path("expert/<code:code>/", pages.expert_scores, name="expert"),
]
