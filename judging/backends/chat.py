"""The words of the chat completions protocol: what is sent, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from judging.backends.clean import clean
from judging.backends.json_modes import JsonMode, response_format, words_for
from judging.backends.retries import Fault
from judging.rubrics.base import Ask, Unusable

AGAIN = "\n\nAn earlier reply to this could not be used ({problem}). Reply with one JSON object that fits the schema and nothing else."
LONGEST_NAME = 200
# No request has as many; and the sum over all attempts at a question stays below 2**31, which is what a row holds.
MOST_TOKENS = 2**28


def read_count(told: Any) -> int | None:
    """A number of tokens as the server tells it; None, which is not known, where it cannot be one."""
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 <= told <= MOST_TOKENS else None


def read_name(told: str | None) -> str:
    """A name as the server tells it, made fit for a row."""
    return clean(told or "")[:LONGEST_NAME]


Count = Annotated[int | None, BeforeValidator(read_count)]
Name = Annotated[str | None, AfterValidator(read_name)]


class Message(BaseModel):
    """What the model said, as one text or in parts; or, in `refusal`, why it would not."""

    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None


class Choice(BaseModel):
    """One reply; `finish_reason` says why it ended."""

    message: Message
    finish_reason: str | None = None


class Usage(BaseModel):
    """Tokens, where the server counts them; a count that cannot be is not known."""

    prompt_tokens: Count = None
    completion_tokens: Count = None


class Completion(BaseModel):
    """The answer to one request; a server says much more, none of which is needed."""

    choices: list[Choice] = Field(min_length=1)
    model: Name = None
    system_fingerprint: Name = None
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """The raw reply; '' where the model said nothing."""
        content = self.choices[0].message.content or ""
        return clean(content if isinstance(content, str) else "".join(str(part.get("text") or "") for part in content))

    @property
    def refusal(self) -> str:
        """Why the model or a filter of its server refused; '' where neither did."""
        choice = self.choices[0]
        return choice.message.refusal or ("stopped by the content filter" if choice.finish_reason == "content_filter" else "")

    @property
    def is_cut_off(self) -> bool:
        """Whether the reply reached the most tokens it may have."""
        return self.choices[0].finish_reason == "length"


def read_completion(body: bytes) -> Completion:
    """The completion in the body of a 200. Raises Fault where it is something else, such as an error or the page of a proxy."""
    try:
        return Completion.model_validate_json(body)
    except ValidationError as error:
        raise Fault(f"200, but no chat completion: {body[:100].decode(errors='replace')}") from error


def word_prompt(ask: Ask, mode: JsonMode, problem: Unusable | None) -> str:
    """The text that goes with the pictures; `problem` is what was wrong with the last reply."""
    return ask.prompt + words_for(ask.schema, mode) + (AGAIN.format(problem=problem) if problem else "")


def make_body(ask: Ask, urls: Sequence[str], mode: JsonMode, problem: Unusable | None, **sampling: Any) -> dict[str, Any]:
    """The body of a request: the fixed rules as system message, then the pictures, then the text of `word_prompt`.

    `sampling` holds model, temperature, seed and the like; one that is None is not sent.
    """
    text = word_prompt(ask, mode, problem)
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    messages = [{"role": "system", "content": ask.system}, {"role": "user", "content": [*pictures, {"type": "text", "text": text}]}]
    sent = {name: value for name, value in sampling.items() if value is not None}
    return {**sent, "messages": messages, "max_tokens": ask.max_tokens, **response_format(ask.schema, mode)}
