"""The addresses of the lead's pages; `labeling.urls` takes them into its namespace."""

from __future__ import annotations

from django.urls import URLPattern, path

from labeling.views import exports
from labeling.views.lead import (
    agreement,
    archive,
    batches,
    browse,
    candidate,
    control,
    examples,
    hours,
    imports,
    inbox,
    jobs,
    leases,
    many,
    members,
    notices,
    overview,
    people,
    projects,
    settings,
    suggestions,
    voiding,
)

project_pages: list[URLPattern] = [
    path("projects/new/", projects.create, name="create_project"),
    path("p/<slug:slug>/", overview.project, name="project"),
    path("p/<slug:slug>/pause", overview.pause, name="pause"),
    path("p/<slug:slug>/archive", archive.archive, name="archive"),
    path("p/<slug:slug>/bring-back", archive.bring_back, name="bring_back"),
    path("p/<slug:slug>/states.csv", overview.states_table, name="states_table"),
    path("p/<slug:slug>/throughput.csv", overview.throughput_table, name="throughput_table"),
    path("p/<slug:slug>/throughput.svg", overview.throughput_chart, name="throughput_chart"),
    path("p/<slug:slug>/people.csv", overview.people_table, name="people_table"),
    path("p/<slug:slug>/settings/", settings.settings, name="settings"),
    path("p/<slug:slug>/settings/about/", settings.about, name="about_settings"),
    path("p/<slug:slug>/settings/guideline/", settings.guideline, name="edit_guideline"),
    path("p/<slug:slug>/settings/examples/", examples.examples, name="examples"),
    path("p/<slug:slug>/settings/examples/<uuid:example>/caption", examples.caption, name="example_caption"),
    path("p/<slug:slug>/settings/examples/<uuid:example>/move", examples.move, name="move_example"),
    path("p/<slug:slug>/settings/examples/<uuid:example>/remove", examples.remove, name="remove_example"),
]

agreement_pages: list[URLPattern] = [
    path("p/<slug:slug>/agreement/", agreement.agreement, name="agreement"),
    path("p/<slug:slug>/agreement/measure", agreement.measure, name="measure_agreement"),
    path("p/<slug:slug>/agreement/<slug:part>.csv", agreement.table, name="agreement_table"),
    path("p/<slug:slug>/agreement/<slug:chart>.svg", agreement.draw, name="agreement_chart"),
    path("p/<slug:slug>/control/", control.control, name="control"),
    path("p/<slug:slug>/control.csv", control.control_table, name="control_table"),
]

figures_of_people: list[URLPattern] = [
    path("p/<slug:slug>/people/", people.people, name="people"),
    path("p/<slug:slug>/people/figures.csv", people.table, name="people_figures_table"),
    path("p/<slug:slug>/people/<slug:chart>.svg", people.draw, name="people_chart"),
    path("p/<slug:slug>/people/<uuid:person>/", people.person, name="person"),
    path("p/<slug:slug>/people/<uuid:person>/<slug:part>.csv", people.person_table, name="person_table"),
    path("p/<slug:slug>/people/<uuid:person>/<slug:chart>.svg", people.person_chart, name="person_chart"),
    path("p/<slug:slug>/people/concerns/<int:concern>/close", people.close, name="close_concern"),
]

suggestion_pages: list[URLPattern] = [
    path("p/<slug:slug>/suggestions/", suggestions.suggestions, name="suggestions"),
    path("p/<slug:slug>/suggestions/use", suggestions.use, name="use_version"),
]

member_pages: list[URLPattern] = [
    path("p/<slug:slug>/members/", members.members, name="members"),
    path("p/<slug:slug>/members/add", members.add, name="add_member"),
    path("p/<slug:slug>/members/<uuid:person>/rights", members.change, name="change_member"),
    path("p/<slug:slug>/members/<uuid:person>/limits", members.limit, name="limit_member"),
    path("p/<slug:slug>/members/<uuid:person>/remove", members.remove, name="remove_member"),
    path("p/<slug:slug>/members/<uuid:person>/link", members.make_link, name="make_link"),
    path("p/<slug:slug>/members/invite", members.invite, name="invite"),
    path("p/<slug:slug>/members/invitations/<uuid:invitation>/revoke", members.revoke, name="revoke_invitation"),
]

work_pages: list[URLPattern] = [
    path("p/<slug:slug>/hours/", hours.hours, name="hours"),
    path("p/<slug:slug>/hours.csv", hours.hours_table, name="hours_table"),
    path("p/<slug:slug>/void/", voiding.void, name="void"),
    path("p/<slug:slug>/notices/", notices.notices, name="notices"),
]

inbox_pages: list[URLPattern] = [
    path("p/<slug:slug>/inbox/", inbox.inbox, name="inbox"),
    path("p/<slug:slug>/inbox/flags/<int:flag>/reply", inbox.reply, name="reply_flag"),
    path("p/<slug:slug>/inbox/surplus/<uuid:assignment>/review", inbox.review, name="review_surplus"),
    path("p/<slug:slug>/inbox/contradictions/<uuid:assignment>/review", inbox.review_contradiction, name="review_contradiction"),
    path("p/<slug:slug>/inbox/conflicts/<int:conflict>/accept", inbox.accept, name="accept_conflict"),
    path("p/<slug:slug>/inbox/conflicts/<int:conflict>/dismiss", inbox.dismiss, name="dismiss_conflict"),
]

candidate_pages: list[URLPattern] = [
    path("p/<slug:slug>/candidates/", browse.candidates, name="candidates"),
    path("p/<slug:slug>/candidates.csv", browse.candidates_table, name="candidates_table"),
    path("p/<slug:slug>/candidates/many/", many.many, name="many"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/", candidate.candidate, name="candidate"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/hold", candidate.hold, name="hold_candidate"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/return", candidate.put_back, name="return_candidate"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/withdraw", candidate.withdraw, name="withdraw_candidate"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/reopen", candidate.reopen, name="reopen_candidate"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/replace", candidate.replace, name="replace_image"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/example", examples.add, name="add_example"),
]

batch_pages: list[URLPattern] = [
    path("p/<slug:slug>/batches/", batches.batches, name="batches"),
    path("p/<slug:slug>/batches.csv", batches.batches_table, name="batches_table"),
    path("p/<slug:slug>/batches/<uuid:batch>/", batches.batch, name="batch"),
]

lease_pages: list[URLPattern] = [
    path("p/<slug:slug>/leases/", leases.leases, name="leases"),
    path("p/<slug:slug>/leases/<uuid:assignment>/release", leases.release_one, name="release_lease"),
    path("p/<slug:slug>/leases/of/<uuid:person>/release", leases.release_all, name="release_person"),
]

job_pages: list[URLPattern] = [
    path("p/<slug:slug>/imports/", imports.imports, name="imports"),
    path("p/<slug:slug>/jobs/", jobs.jobs, name="jobs"),
    path("p/<slug:slug>/jobs/<uuid:job>/", jobs.job, name="job"),
    path("p/<slug:slug>/jobs/<uuid:job>/status", jobs.job_status, name="job_status"),
    path("p/<slug:slug>/jobs/<uuid:job>/cancel", jobs.cancel_job, name="cancel_job"),
    path("p/<slug:slug>/jobs/<uuid:job>/report.csv", jobs.report, {"extension": "csv"}, name="report_csv"),
    path("p/<slug:slug>/jobs/<uuid:job>/report.json", jobs.report, {"extension": "json"}, name="report_json"),
]

export_pages: list[URLPattern] = [
    path("p/<slug:slug>/exports/", exports.exports, name="exports"),
    path("p/<slug:slug>/exports/<uuid:export>/<str:name>", exports.export_file, name="export_file"),
]

urlpatterns = [
    *project_pages,
    *agreement_pages,
    *figures_of_people,
    *member_pages,
    *suggestion_pages,
    *work_pages,
    *inbox_pages,
    *candidate_pages,
    *batch_pages,
    *lease_pages,
    *job_pages,
    *export_pages,
]
