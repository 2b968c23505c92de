"""The tables of the labelling side; see docs/glossary.md for every word."""

from labeling.models.answer import Answer, Reason, ReasonClass, Verdict
from labeling.models.assignment import (
    CHECKS,
    DECIDING,
    LABELLING,
    REVIEWING,
    Arm,
    Assignment,
    Flag,
    Purpose,
    Receipt,
    Skip,
    Status,
    WalkPosition,
)
from labeling.models.batch import Batch
from labeling.models.candidate import Bundle, Candidate, Decision, QState, State, lane_of, split_lane
from labeling.models.control import Concern, Gold
from labeling.models.event import Event, PurgePermit
from labeling.models.example import Example
from labeling.models.job import Export, ImportConflict, Job, JobLine
from labeling.models.mail import MailAddress, MailConfirmation, MailWatch, Notice, NoticeKind
from labeling.models.people import ApiToken, Invitation, InvitationUse, Membership, SignInLink, User, digest_token
from labeling.models.project import Guideline, GuidelineReading, Policy, Project
from labeling.models.report import Report
from labeling.models.suggestion import VERSION_LENGTH, Concept, Draw, Suggestion
from labeling.models.task import Asset, Category, Deliverable, EvaluationPoint, Generator, GroupKey, Image, Task, TaskVersion

__all__ = [
    "CHECKS",
    "DECIDING",
    "LABELLING",
    "REVIEWING",
    "VERSION_LENGTH",
    "Answer",
    "ApiToken",
    "Arm",
    "Asset",
    "Assignment",
    "Batch",
    "Bundle",
    "Candidate",
    "Category",
    "Concept",
    "Concern",
    "Decision",
    "Deliverable",
    "Draw",
    "EvaluationPoint",
    "Event",
    "Example",
    "Export",
    "Flag",
    "Generator",
    "Gold",
    "GroupKey",
    "Guideline",
    "GuidelineReading",
    "Image",
    "ImportConflict",
    "Invitation",
    "InvitationUse",
    "Job",
    "JobLine",
    "MailAddress",
    "MailConfirmation",
    "MailWatch",
    "Membership",
    "Notice",
    "NoticeKind",
    "Policy",
    "Project",
    "PurgePermit",
    "Purpose",
    "QState",
    "Reason",
    "ReasonClass",
    "Receipt",
    "Report",
    "SignInLink",
    "Skip",
    "State",
    "Status",
    "Suggestion",
    "Task",
    "TaskVersion",
    "User",
    "Verdict",
    "WalkPosition",
    "digest_token",
    "lane_of",
    "split_lane",
]
