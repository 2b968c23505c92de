"""The tables of the judges; see docs/glossary.md for every word."""

from judging.models.call import Call
from judging.models.judge import Backend, Judge
from judging.models.proposal import Proposal
from judging.models.run import JudgeRun, RunBatch
from judging.models.score import Score

__all__ = ["Backend", "Call", "Judge", "JudgeRun", "Proposal", "RunBatch", "Score"]
