"""Proposals of a scripted judge in a project, for looking at their pages."""

from __future__ import annotations

from judging.models import Proposal
from judging.protocol.extractions import Wish
from labeling.jobs.run import run_here
from labeling.models import Job, Project
from tests.judging.made_orders import make_points_reply
from tests.judging.making import make_server_judge
from tests.judging.scripted_server import Answer, ScriptedServer, Seen, complete


def propose_some(project: Project) -> None:
    """Let a judge propose points for every task; the passage it quotes is the first line of each order, and another one is nowhere."""
    with ScriptedServer(default=quote_first_line) as server:
        judge = make_server_judge(project, server.url, "pay_direct")
        job = run_here(project, "extract", Wish(judge=judge, kinds=["points"], all_tasks=True).as_params())
    assert job.state == Job.State.DONE, job.error
    assert Proposal.objects.filter(project=project, state=Proposal.State.OPEN).exists()


def quote_first_line(seen: Seen) -> Answer:
    """A point with the first line of the order as its evidence, and one without any."""
    first = seen.prompt.split("\n")[2]
    return complete(make_points_reply(("The picture shows what the title says.", first), ("It is pretty.", "Make it pretty")))
