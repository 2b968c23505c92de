"""The tables of the labelling side; see docs/glossary.md for every word."""

from labeling.models.answer import Answer, Reason, ReasonClass, Verdict
from labeling.models.assignment import DECIDING, Arm, Assignment, Flag, Purpose, Receipt, Skip, Status, WalkPosition
from labeling.models.candidate import Bundle, Candidate, Decision, QState, State
from labeling.models.event import Event, PurgePermit
from labeling.models.job import Export, ImportConflict, Job, JobLine
from labeling.models.people import ApiToken, Membership, SignInLink, User
from labeling.models.project import Guideline, Policy, Project
from labeling.models.task import Asset, Category, Deliverable, EvaluationPoint, Generator, Image, Task, TaskVersion

__all__ = [
    "DECIDING",
    "Answer",
    "ApiToken",
    "Arm",
    "Asset",
    "Assignment",
    "Bundle",
    "Candidate",
    "Category",
    "Decision",
    "Deliverable",
    "EvaluationPoint",
    "Event",
    "Export",
    "Flag",
    "Generator",
    "Guideline",
    "Image",
    "ImportConflict",
    "Job",
    "JobLine",
    "Membership",
    "Policy",
    "Project",
    "PurgePermit",
    "Purpose",
    "QState",
    "Reason",
    "ReasonClass",
    "Receipt",
    "SignInLink",
    "Skip",
    "State",
    "Status",
    "Task",
    "TaskVersion",
    "User",
    "Verdict",
    "WalkPosition",
]
