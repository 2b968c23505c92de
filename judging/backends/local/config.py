"""What decides the replies of a model in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

# How the questions about the same pictures are put to the model: one prompt after the other, whole prompts side by side, or the part that
# they have in common once and only the rest side by side. "auto" shares where the model's cache allows it, else it batches.
Way = Literal["auto", "alone", "batched", "shared"]
DEVICES = ("auto", "cpu", "cuda")
DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, kw_only=True)
class TransformersConfig:
    """Which model answers, where, and how; raises ValueError where a field cannot be."""

    model: str  # Hugging Face id, or a local folder in the same format
    revision: str = "main"  # branch, tag or commit of the Hugging Face id; means nothing for a folder
    device: str = "auto"  # cuda where there is one, else cpu; also "cuda:1"
    dtype: str = "auto"  # bfloat16 on a GPU, float32 on a CPU
    pictures: int = 8  # most pictures in one question
    side_px: int | None = None  # longer side of a picture; None leaves it to the rubric
    batch: int = 8  # most questions side by side; each takes memory for all its tokens
    seed: int = 0  # of sampling; a question is drawn alike whatever is asked beside it
    temperature: float = 0.0  # 0 takes the likeliest token each time
    way: Way = "auto"

    def __post_init__(self) -> None:
        check(bool(self.model), "model is empty; give a Hugging Face id or a folder")
        check(self.device.split(":")[0] in DEVICES, f"device is {self.device!r}; give one of {', '.join(DEVICES)}")
        check(self.dtype in DTYPES, f"dtype is {self.dtype!r}; give one of {', '.join(DTYPES)}")
        check(self.way in get_args(Way), f"way is {self.way!r}; give one of {', '.join(get_args(Way))}")
        check(self.pictures >= 1, f"pictures is {self.pictures}; give at least 1")
        check(self.batch >= 1, f"batch is {self.batch}; give at least 1")
        check(self.side_px is None or self.side_px >= 1, f"side_px is {self.side_px}; give at least 1, or None")
        check(self.temperature >= 0, f"temperature is {self.temperature}; give 0 or more")


def check(holds: bool, message: str) -> None:
    """Raise ValueError with `message` unless it holds."""
    if not holds:
        raise ValueError(message)
