"""Every address of the API, by noun; those of a project stand below its slug."""

from __future__ import annotations

from django.urls import URLPattern, path

from labeling.api import (
    adjudications,
    agreement,
    answers,
    batches,
    browse,
    candidates,
    cards,
    control,
    examples,
    exports,
    guidelines,
    hours,
    inbox,
    invitations,
    jobs,
    leases,
    mail,
    me,
    members,
    overview,
    people,
    pictures,
    progress,
    projects,
    schema,
    suggestions,
    voiding,
    workers,
)

app_name = "api"

about: list[URLPattern] = [
    path("", schema.documents, name="documents"),
    path("schema/", schema.SchemaView.as_view(), name="schema"),
    path("me/", me.MeView.as_view(), name="me"),
    path("me/mail/", mail.MailView.as_view(), name="mail"),
    path("projects/", me.ProjectsView.as_view(), name="projects"),
]

work: list[URLPattern] = [
    path("", projects.ProjectDetailView.as_view(), name="project"),
    path("guideline/", guidelines.GuidelineView.as_view(), name="guideline"),
    path("guideline/read/", guidelines.ReadGuidelineView.as_view(), name="read_guideline"),
    path("guideline/examples/", examples.ShownExamplesView.as_view(), name="guideline_examples"),
    path("guideline/examples/<uuid:example>/<slug:size>/", examples.ExampleImageView.as_view(), name="example_image"),
    path("cards/", cards.HandView.as_view(), name="cards"),
    path("cards/take/", cards.TakeView.as_view(), name="take"),
    path("cards/leave/", cards.LeaveView.as_view(), name="leave"),
    path("answers/", answers.RecentView.as_view(), name="answers"),
    path("progress/", progress.ProgressView.as_view(), name="progress"),
    path("figures/", people.OwnFiguresView.as_view(), name="own_figures"),
    path("concerns/", people.OwnConcernsView.as_view(), name="own_concerns"),
    path("concerns/<int:concern>/reply/", people.ReplyConcernView.as_view(), name="reply_concern"),
    path("flags/", progress.OwnFlagsView.as_view(), name="own_flags"),
    path("flags/read/", progress.ReadRepliesView.as_view(), name="read_replies"),
    path("adjudications/", adjudications.AdjudicationView.as_view(), name="adjudications"),
    path("adjudications/take/", adjudications.TakeAdjudicationView.as_view(), name="take_adjudication"),
]

one_assignment: list[URLPattern] = [
    path("assignments/<uuid:assignment>/", cards.CardView.as_view(), name="card"),
    path("assignments/<uuid:assignment>/heartbeat/", cards.HeartbeatView.as_view(), name="heartbeat"),
    path("assignments/<uuid:assignment>/answer/", answers.AnswerView.as_view(), name="answer"),
    path("assignments/<uuid:assignment>/edit/", answers.EditView.as_view(), name="edit"),
    path("assignments/<uuid:assignment>/undo/", answers.UndoView.as_view(), name="undo"),
    path("assignments/<uuid:assignment>/skip/", answers.SkipView.as_view(), name="skip"),
    path("assignments/<uuid:assignment>/flag/", answers.FlagView.as_view(), name="flag"),
    path("assignments/<uuid:assignment>/adjudicate/", adjudications.BlindAnswerView.as_view(), name="adjudicate"),
    path("assignments/<uuid:assignment>/reveal/", adjudications.RevealView.as_view(), name="reveal"),
    path("assignments/<uuid:assignment>/confirm/", adjudications.ConfirmView.as_view(), name="confirm"),
    # The end of these is that of the pages' own addresses of pictures: see card_shapes.Address.
    path("image/<uuid:assignment>/<slug:role>/<int:number>/<slug:size>/", pictures.PictureView.as_view(), name="picture"),
]

lead: list[URLPattern] = [
    path("settings/", projects.SettingsView.as_view(), name="settings"),
    path("archive/", projects.ArchiveView.as_view(), name="archive"),
    path("bring-back/", projects.BringBackView.as_view(), name="bring_back"),
    path("agreement/", agreement.AgreementView.as_view(), name="agreement"),
    path("agreement/table/", agreement.AgreementTableView.as_view(), name="agreement_table"),
    path("people/", people.PeopleView.as_view(), name="people"),
    path("suggestions/", suggestions.SuggestionsView.as_view(), name="suggestions"),
    path("suggestions/use/", suggestions.UseVersionView.as_view(), name="use_version"),
    path("control/", control.ControlView.as_view(), name="control"),
    path("control/table/", control.ControlTableView.as_view(), name="control_table"),
    path("states/", projects.StatesView.as_view(), name="states"),
    path("throughput/", overview.ThroughputView.as_view(), name="throughput"),
    path("forecast/", overview.ForecastView.as_view(), name="forecast"),
    path("workers/", workers.WorkersView.as_view(), name="workers"),
    path("notices/", mail.NoticesView.as_view(), name="notices"),
    path("members/", members.MembersView.as_view(), name="members"),
    path("members/<uuid:person>/", members.MemberView.as_view(), name="member"),
    path("batches/", batches.BatchesView.as_view(), name="batches"),
    path("batches/<uuid:batch>/", batches.BatchView.as_view(), name="batch"),
    path("members/<uuid:person>/limits/", members.MemberLimitsView.as_view(), name="member_limits"),
    path("members/<uuid:person>/link/", members.MemberLinkView.as_view(), name="member_link"),
    path("members/<uuid:person>/release/", leases.ReleasePersonView.as_view(), name="release_person"),
    path("members/<uuid:person>/void/preview/", voiding.VoidPreviewView.as_view(), name="void_preview"),
    path("members/<uuid:person>/void/", voiding.VoidView.as_view(), name="void"),
    path("invitations/", invitations.InvitationsView.as_view(), name="invitations"),
    path("invitations/<uuid:invitation>/", invitations.InvitationView.as_view(), name="invitation"),
    path("leases/", leases.LeasesView.as_view(), name="leases"),
    path("leases/<uuid:assignment>/release/", leases.ReleaseView.as_view(), name="release_lease"),
    path("hours/", hours.HoursView.as_view(), name="hours"),
    path("hours/table/", hours.HoursTableView.as_view(), name="hours_table"),
    path("guideline/versions/", guidelines.VersionsView.as_view(), name="guideline_versions"),
    path("guideline/versions/<int:number>/", guidelines.VersionView.as_view(), name="guideline_version"),
    path("guideline/readers/", guidelines.ReadersView.as_view(), name="guideline_readers"),
    path("examples/", examples.ExamplesView.as_view(), name="examples"),
    path("examples/<uuid:example>/", examples.ExampleView.as_view(), name="example"),
    path("examples/<uuid:example>/move/", examples.MoveExampleView.as_view(), name="move_example"),
]

lead_candidates: list[URLPattern] = [
    path("candidates/", browse.CandidatesView.as_view(), name="candidates"),
    path("candidates/many/", browse.ManyView.as_view(), name="many"),
    path("candidates/many/preview/", browse.ManyPreviewView.as_view(), name="many_preview"),
    path("candidates/<uuid:candidate>/", candidates.CandidateView.as_view(), name="candidate"),
    path("candidates/<uuid:candidate>/timeline/", candidates.TimelineView.as_view(), name="timeline"),
    path("candidates/<uuid:candidate>/batch/", candidates.BatchOneView.as_view(), name="batch_candidate"),
    path("candidates/<uuid:candidate>/hold/", candidates.HoldView.as_view(), name="hold"),
    path("candidates/<uuid:candidate>/return/", candidates.ReturnView.as_view(), name="return"),
    path("candidates/<uuid:candidate>/withdraw/", candidates.WithdrawView.as_view(), name="withdraw"),
    path("candidates/<uuid:candidate>/reopen/", candidates.ReopenView.as_view(), name="reopen"),
    path("candidates/<uuid:candidate>/replace/", candidates.ReplaceView.as_view(), name="replace"),
    path("pictures/<slug:sha256>/<slug:size>/", pictures.LeadPictureView.as_view(), name="lead_picture"),
]

lead_inbox: list[URLPattern] = [
    path("inbox/", inbox.InboxView.as_view(), name="inbox"),
    path("inbox/flags/", inbox.FlagsView.as_view(), name="inbox_flags"),
    path("inbox/flags/<int:flag>/reply/", inbox.ReplyView.as_view(), name="reply"),
    path("inbox/concerns/", people.ConcernsView.as_view(), name="inbox_concerns"),
    path("inbox/concerns/<int:concern>/close/", people.CloseConcernView.as_view(), name="close_concern"),
    path("inbox/held/", inbox.HeldView.as_view(), name="inbox_held"),
    path("inbox/surplus/", inbox.SurplusView.as_view(), name="inbox_surplus"),
    path("inbox/surplus/<uuid:assignment>/review/", inbox.ReviewView.as_view(), name="review"),
    path("inbox/contradictions/", inbox.ContradictionsView.as_view(), name="inbox_contradictions"),
    path("inbox/contradictions/<uuid:assignment>/review/", inbox.ReviewContradictionView.as_view(), name="review_contradiction"),
    path("inbox/conflicts/", inbox.ConflictsView.as_view(), name="inbox_conflicts"),
    path("inbox/conflicts/<int:conflict>/accept/", inbox.AcceptView.as_view(), name="accept_conflict"),
    path("inbox/conflicts/<int:conflict>/dismiss/", inbox.DismissView.as_view(), name="dismiss_conflict"),
]

data: list[URLPattern] = [
    path("imports/", jobs.ImportsView.as_view(), name="imports"),
    path("imports/folders/", jobs.FoldersView.as_view(), name="folders"),
    path("jobs/", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:job>/", jobs.JobView.as_view(), name="job"),
    path("jobs/<uuid:job>/lines/", jobs.JobLinesView.as_view(), name="job_lines"),
    path("jobs/<uuid:job>/cancel/", jobs.CancelView.as_view(), name="cancel_job"),
    path("exports/", exports.ExportsView.as_view(), name="exports"),
    path("exports/<uuid:export>/", exports.ExportView.as_view(), name="export"),
    path("exports/<uuid:export>/manifest/", exports.ManifestView.as_view(), name="manifest"),
    path("exports/<uuid:export>/data/", exports.DataView.as_view(), name="export_data"),
]


def below_project(patterns: list[URLPattern]) -> list[URLPattern]:
    """The same addresses below the slug of a project."""
    # Written out and not included: a route then says by itself that it belongs to a project.
    return [path(f"projects/<slug:slug>/{pattern.pattern}", pattern.callback, name=pattern.name) for pattern in patterns]


urlpatterns = [*about, *below_project([*work, *one_assignment, *lead, *lead_candidates, *lead_inbox, *data])]
