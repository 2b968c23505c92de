"""Judges at work in a project with pictures, for looking at every page."""

from __future__ import annotations

from judging.models import JudgeRun
from judging.protocol.baselines import start_baselines
from judging.protocol.runs import plan_run, start_run
from labeling.browse.wanted import Wanted
from labeling.jobs.run import run_job
from labeling.models import Project, User
from tests.judging.making import make_server_judge, work
from tests.judging.scripted_server import ScriptedServer, say

# A model that will not, or says too little.
USELESS = [say("I would rather not say."), say('{"verdict": "accept"}'), say('{"verdict": "acc', "length")]
PRICES = {"price_in_usd": 2.0, "price_out_usd": 10.0}


def judge_some(project: Project, lead: User, wanted: Wanted | None = None) -> tuple[JudgeRun, JudgeRun, JudgeRun]:
    """Runs of the baselines, and of three versions of a judge with prices: one done, with unusable replies, one planned, one at work.

    Returns these three; they are about what is `wanted`, all candidates if nothing is said.
    """
    wanted = wanted or Wanted()
    for run in start_baselines(project, lead):
        work(run)
    with ScriptedServer() as server:
        server.script.extend(USELESS * 3)
        judges = [make_server_judge(project, server.url, pictures=pictures, max_in_flight=2, **PRICES) for pictures in (2, 1, 3)]
        done = work(plan_run(judges[0], lead, wanted, starts_at_once=True))
    others = [plan_run(judge, lead, wanted, parallel=2) for judge in judges[1:]]
    for run in others:
        run_job(run.planner_id)
    start_run(others[1], lead)
    return done, others[0], others[1]
