"""What files of scores call things: the concepts with their ranges, the rubric and part that each belongs to, and the split's own names."""

from __future__ import annotations

from judging.rubrics.pay_direct import CONCEPT as P_ACCEPT
from judging.rubrics.pay_direct import NAME as PAY_PART
from judging.rubrics.pay_direct import PayDirect
from judging.rubrics.servimage_score.rubric import PARTS, ServImageScore
from labeling.data_in.suggestion_file import ALIASES

# Quality begins at 0, consistency at 1, as in the paper's prompts.
QUALITY, CONSISTENCY, SHARE = (0, 5), (1, 5), (0, 1)
SERVIMAGE = tuple(concept for part in PARTS.values() for concept in part.concepts)
RANGES: dict[str, tuple[int, int]] = {
    **{concept: CONSISTENCY if concept.startswith("cns") else QUALITY for concept in SERVIMAGE},
    P_ACCEPT: SHARE,
}
PART_OF = {**{concept: part.name for part in PARTS.values() for concept in part.concepts}, P_ACCEPT: PAY_PART}
RUBRIC_OF = {**dict.fromkeys(SERVIMAGE, ServImageScore.name), P_ACCEPT: PayDirect.name}
OF_BUNDLE = ServImageScore.of_bundle

# The names in the rows of `cbm_split`, by concept.
LONG_NAMES = {str(concept): name for name, concept in ALIASES.items()}
SPLIT_NAMES = {concept: LONG_NAMES.get(concept, concept) for concept in SERVIMAGE}
# What stands in those rows where a concept does not apply.
SPLIT_NOT_APPLICABLE = -1
