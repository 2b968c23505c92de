"""Asking a model straight out whether the client would pay: brief, references and candidate go in, a probability comes out.

This is the general VLM that the ServImage paper (arXiv 2604.24023) compares its payment model with in figure 4(b) and table 4.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from judging.material import Material, Picture, Sample
from judging.rubrics.base import Ask, AskingRubric, CannotAsk, Limits, Outcome, Value, Why
from judging.rubrics.json_reply import JsonReply, Reason, read_json, within
from judging.rubrics.layouts import FEW, SIDE_PX, SMALL_SIDE_PX, cap
from judging.rubrics.wording import SYSTEM, count_pictures, number_lines, quote, quote_brief

NAME, CONCEPT = "pay", "p_accept"
MAX_TOKENS = 300


class PayReply(JsonReply):
    reason: Reason
    verdict: Literal["accept", "reject"]
    probability: Annotated[float, within(0, 1)] | None


class PayDirect(AskingRubric):
    """One concept, `p_accept` in [0, 1]: how likely the client accepts and pays for a candidate."""

    name = "pay_direct"
    version = 1
    concepts = (CONCEPT,)

    def list_parts(self) -> tuple[str, ...]:
        """One part."""
        return (NAME,)

    def ask(self, material: Material, limits: Limits) -> list[Ask | CannotAsk]:
        """One question about each candidate."""
        return [ask_sample(material, limits, sample) for sample in material.samples]

    def score(self, material: Material, part: str, sample: int | None, outcomes: list[Outcome]) -> list[Value]:
        """The probability that a backend read off the logits of yes and no where there is one, else the stated one, else none.

        `detail` has the verdict, the stated probability, and in `probability_from` which of both counts ("logits", "stated").
        """
        outcome = outcomes[0]
        if not isinstance(outcome, dict):
            return [Value(concept=CONCEPT, sample=sample, value=None, why=outcome)]
        return [make_value(sample, outcome)]


def make_value(sample: int | None, outcome: dict[str, Any]) -> Value:
    """The value of one reply; a verdict without any probability is no probability of 0 or 1."""
    logits, stated = outcome.get("logit_probability"), outcome["probability"]
    value = stated if logits is None else logits
    source = None if value is None else "stated" if logits is None else "logits"
    return Value(
        concept=CONCEPT,
        sample=sample,
        value=value,
        why=Why.WRONG_SHAPE if value is None else None,
        comment=outcome["reason"],
        detail={"verdict": outcome["verdict"], "stated": stated, "probability_from": source},
    )


def list_shown(material: Material, sample: Sample, limits: Limits) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    """The source (none or one) and the references that are shown before the candidate, as far as the limit leaves room.

    A place for a source is kept free in every task, so that as many references are shown in one task as in the other.
    """
    sources = material.sources[:1] if material.is_editing and limits.pictures > 1 else ()
    return sources, material.references[: max(0, limits.pictures - 2)]


def describe_pictures(material: Material, sources: int, references: int) -> str:
    """What is shown, in order."""
    shown = ["first the source that was to be edited"] if sources else []
    if references:
        of = f" of {len(material.references)}" if references < len(material.references) else ""
        shown.append(f"{count_pictures(references)}{of} that the client sent as reference")
    return ", then ".join([*shown, "the picture to be judged, which is the last one"])


def write_prompt(material: Material, sample: Sample, sources: int, references: int) -> str:
    """The question about the last of the pictures."""
    points = f"\nThe client's evaluation points:\n{quote('points', number_lines(material.points))}\n" if material.points else ""
    return f"""\
A client ordered this, for {material.price_usd:.2f} US dollars ({count_pictures(material.quantity)} in all):
{quote_brief(material.name, material.brief)}
{points}
The picture to be judged was made for:
{quote("deliverable", sample.deliverable)}

You see {describe_pictures(material, sources, references)}.

Would this client accept the last picture as it is and pay for it: yes or no? A client pays for work that does what was asked and can be \
used without being redone. References show what the client likes; the picture need not repeat them.
"verdict": "accept" for yes, "reject" for no. "probability": how likely it is, from 0 to 1, that the client accepts it.

Reply with JSON of this shape:
{{"reason": "...", "verdict": "accept" or "reject", "probability": 0 to 1}}"""


def ask_sample(material: Material, limits: Limits, sample: Sample) -> Ask:
    """The question about one candidate: source, references, candidate."""
    sources, references = list_shown(material, sample, limits)
    pictures = (*sources, *references, sample.picture)
    return Ask(
        part=NAME,
        sample=sample.key,
        pictures=pictures,
        samples=(sample.key,),
        side_px=cap(SIDE_PX if len(pictures) <= FEW else SMALL_SIDE_PX, limits),
        system=SYSTEM,
        prompt=write_prompt(material, sample, len(sources), len(references)),
        schema=PayReply,
        parse=parse,
        yes_no=("yes", "no"),
        max_tokens=MAX_TOKENS,
    )


def parse(reply: str) -> dict[str, Any]:
    """Verdict, stated probability in [0, 1] or None, and reason. Raises Unusable."""
    return read_json(reply, PayReply).model_dump()
