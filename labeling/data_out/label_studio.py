"""The format `label-studio`: tasks with their answers as annotations, and the labelling configuration they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from labeling.data_out.as_of import CandidateAsOf, Page
from labeling.data_out.assignments import read_assignments
from labeling.data_out.dataset import describe_outcome, describe_picture
from labeling.data_out.decisions import DecisionAsOf
from labeling.data_out.lines import Lines, render_line
from labeling.data_out.pictures import read_pictured
from labeling.data_out.task_content import read_briefs
from labeling.models import Decision, Purpose, Reason, State, Verdict

Annotation = dict[str, Any]

TASKS, CONFIG, README = "tasks.json", "label_config.xml", "README.txt"
# Where Label Studio serves files below its LOCAL_FILES_DOCUMENT_ROOT; the archive is unpacked there in a folder named as the project.
LOCAL_FILES = "/data/local-files/?d="
# A withdrawn picture may have been withdrawn because nobody should see it.
STATES = (State.OPEN, State.DISPUTED, State.SETTLED, State.HELD)


def render_label_studio(page: Page) -> Lines:
    """One task per candidate of a page that has a picture and was not withdrawn, with every counted answer."""
    lines = Lines()
    briefs = read_briefs(page.project, [bundle.task for bundle in page.bundles])
    assignments = read_assignments(page.project, [candidate for bundle in page.bundles for candidate in bundle.candidates], page.cutoff)
    for pictured in read_pictured(page, STATES, lines):
        candidate = pictured.candidate
        columns = describe_picture(pictured, briefs)
        image = {"image": LOCAL_FILES + quote(f"{page.project.slug}/{columns.pop('file_name')}")}
        data = image | columns | {"state": candidate.history.state} | describe_outcome(candidate.decision)
        annotations = list(describe_annotations(candidate, assignments[candidate.pk]))
        lines.rows.append(render_line({"data": data, "annotations": annotations}))
        lines.counts[candidate.history.state] += 1
        lines.counts["annotations"] += len(annotations)
    return lines


def describe_annotations(candidate: CandidateAsOf, assignments: list[Annotation]) -> Iterator[Annotation]:
    """The counted answers of a candidate; one of them is the ground truth if there is a decision, or it is added if none said it."""
    counted = [assignment for assignment in assignments if assignment["counted"]]
    deciding = find_deciding(candidate.decision, counted)
    for assignment in counted:
        yield describe_annotation(assignment, ground_truth=assignment is deciding)
    if candidate.decision is not None and deciding is None:
        yield {"result": [make_choices("verdict", [candidate.decision.verdict], None)], "ground_truth": True}


def find_deciding(decision: DecisionAsOf | None, counted: list[Annotation]) -> Annotation | None:
    """The assignment whose answer is the decision: the adjudication, or the first of two equal answers; None for an imported decision."""
    if decision is None or decision.how == Decision.How.IMPORTED:
        return None
    purpose = Purpose.ADJUDICATION if decision.how == Decision.How.ADJUDICATION else Purpose.PRIMARY
    return next((assignment for assignment in counted if assignment["purpose"] == purpose), None)


def describe_annotation(assignment: Annotation, ground_truth: bool) -> Annotation:
    """One person's newest answer. `completed_by` is left out: Label Studio refuses a file that names an account it does not have."""
    answer = assignment["answers"][-1]
    about = {name: assignment[name] for name in ("person", "purpose", "round", "seat")} | {"exposure": answer["exposure"]}
    result = [make_choices("verdict", [answer["verdict"]], about)]
    if answer["reasons"]:
        result.append(make_choices("reasons", answer["reasons"], about))
    if answer["note"]:
        result.append({"from_name": "note", "to_name": "image", "type": "textarea", "value": {"text": [answer["note"]]}, "meta": about})
    annotation = {"result": result, "ground_truth": ground_truth}
    return annotation if answer["active_ms"] is None else annotation | {"lead_time": answer["active_ms"] / 1000}


def make_choices(name: str, chosen: list[str], about: Mapping[str, Any] | None) -> Annotation:
    """What was chosen in the control `name`; `about` says who answered as what, None for nobody."""
    choices = {"from_name": name, "to_name": "image", "type": "choices", "value": {"choices": chosen}}
    return choices if about is None else choices | {"meta": about}


def render_config() -> bytes:
    """The labelling configuration of a Label Studio project that takes these tasks."""
    verdicts = "\n".join(f'    <Choice value="{verdict.value}"/>' for verdict in Verdict)
    reasons = "\n".join(f'    <Choice value="{reason.value}"/>' for reason in Reason)
    return f"""<View>
  <Header value="$task_name"/>
  <Text name="brief" value="$brief"/>
  <Image name="image" value="$image" zoom="true" zoomControl="true"/>
  <Choices name="verdict" toName="image" choice="single" showInline="true" required="true">
{verdicts}
  </Choices>
  <Choices name="reasons" toName="image" choice="multiple" visibleWhen="choice-selected" whenTagName="verdict" whenChoiceValue="reject">
{reasons}
  </Choices>
  <TextArea name="note" toName="image" maxSubmissions="1" editable="true"/>
</View>
""".encode()


HOW_TO = b"""To open this in Label Studio:

1. Unpack it into a folder ROOT/NAME. NAME is the name of the project here, as it stands in tasks.json after "?d=";
   ROOT is any folder that Label Studio may serve pictures from.
2. Start Label Studio with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true and LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT=ROOT.
3. Make a project and paste label_config.xml under Settings, Labeling Interface, Code.
4. Settings, Cloud Storage, Add Source Storage, Local files: the absolute path ROOT/NAME/images. Do not sync it.
5. Import tasks.json.

The tasks name the generators, so nobody should label blind with them.
"""
