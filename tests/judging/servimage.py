"""Asking the parts of ServImageScore and scoring replies to them, without a backend."""

from __future__ import annotations

import pytest

from judging.rubrics.base import Ask, Limits, Unusable
from judging.rubrics.servimage_score import ServImageScore

RUBRIC = ServImageScore()


def ask(material, part, **limits):
    """The questions of one part."""
    asked = RUBRIC.ask(material, Limits(**limits))
    return [item for item in asked if (item.part if isinstance(item, Ask) else item.place.part) == part]


def judge(material, part, *replies, sample=None, **limits):
    """The values of one part of the bundle (or of one candidate) after these replies to its chunks."""
    questions = [question for question in ask(material, part, **limits) if question.sample == sample]
    outcomes = [question.parse(reply) for question, reply in zip(questions, replies, strict=True)]
    return RUBRIC.score(material, part, sample, outcomes)


def why_of(question, reply):
    with pytest.raises(Unusable) as caught:
        question.parse(reply)
    return caught.value.why
