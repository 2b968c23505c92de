"""Teaching a tiny LLaVA the form of the replies that our rubrics ask for. Importing this needs torch."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import AutoProcessor, LlavaForConditionalGeneration

from benchmarks.served_orders import make_material, make_orders
from judging.backends.chat import make_body
from judging.backends.data_urls import DataUrls
from judging.backends.json_modes import describe
from judging.rubrics.base import Ask, Limits, Unusable, Why
from judging.rubrics.registry import get_rubric
from tests.judging.made_replies import make_reply, read_lengths
from tests.judging.tiny_llava import build_tiny_llava

RUBRICS = ("servimage_score", "pay_direct")
ORDERS, HELD_OUT_ORDERS, VOCABULARY, HIDDEN = 200, 24, 1600, 128
BATCH, RATE, SAID_EVERY = 8, 3e-3, 100
# Parts whose replies are lists take longer to learn.
HARD = {"brf": 3, "cns_edit": 2, "cns_set": 3}
NOT_LEARNED = -100


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question as the server reads it: tokens, and pixels of shape (pictures, 3, side, side)."""

    ask: Ask
    ids: list[int]
    pixels: torch.Tensor


# A question, and the tokens of a reply that fits it.
Lesson = tuple[Question, list[int]]


def make_asks(seed: int, orders: int) -> list[Ask]:
    """All questions of both rubrics about so many orders, which no other seed has."""
    rng = Random(seed)
    materials = [make_material(order, rng) for order in make_orders(rng, orders)]
    asked = [question for name in RUBRICS for material in materials for question in get_rubric(name).ask(material, Limits())]
    return [question for question in asked if isinstance(question, Ask)]


def answer(ask: Ask, rng: Random) -> str:
    """A valid reply; what it says is drawn."""
    reply = make_reply(describe(ask.schema), rng, read_lengths(ask.prompt))
    ask.parse(reply)
    return reply


def build(folder: Path, asks: Sequence[Ask], layers: int) -> None:
    """An untrained model whose tokens are learned from these questions and replies to them."""
    rng = Random(0)
    corpus = [text for ask in asks for text in (ask.system, ask.prompt, answer(ask, rng))]
    build_tiny_llava(folder, corpus, vocabulary=VOCABULARY, hidden=HIDDEN, layers=layers)


def make_messages(ask: Ask, problem: Unusable | None = None) -> list[dict[str, Any]]:
    """The messages of the request as the server hands them on to the processor of the model."""
    system, user = make_body(ask, DataUrls(keep=1).get(ask), "schema", problem)["messages"]
    content = [{"type": "image", "url": part["image_url"]["url"]} if part["type"] == "image_url" else part for part in user["content"]]
    return [{"role": "system", "content": [{"type": "text", "text": system["content"]}]}, {"role": "user", "content": content}]


def read_question(processor: Any, ask: Ask, problem: Unusable | None = None) -> Question:
    """The question as the server reads it."""
    told = {"add_generation_prompt": True, "tokenize": True, "return_dict": True, "return_tensors": "pt"}
    read = processor.apply_chat_template(make_messages(ask, problem), **told)
    return Question(ask=ask, ids=read["input_ids"][0].tolist(), pixels=read["pixel_values"])


def read_questions(processor: Any, asks: Sequence[Ask]) -> list[Question]:
    """These questions, every fifth as it is asked again after a reply that could not be used."""
    problems = [None, None, None, None, Unusable(Why.WRONG_SHAPE)]
    return [read_question(processor, ask, problem) for ask, problem in zip(asks, cycle(problems), strict=False)]


def draw_batches(processor: Any, questions: Sequence[Question], steps: int, rng: Random) -> Iterator[list[Lesson]]:
    """So many batches; a part comes as often as it is hard, however many questions it has.

    Replies are drawn anew each time: with one for each question the model learned them by heart, and not their form.
    """
    by_part: dict[str, list[Question]] = {}
    for question in questions:
        by_part.setdefault(question.ask.part, []).append(question)
    weights = [HARD.get(part, 1) for part in by_part]
    for _ in range(steps):
        drawn = [rng.choice(by_part[part]) for part in rng.choices(list(by_part), weights, k=BATCH)]
        yield [(question, read_reply(processor, answer(question.ask, rng))) for question in drawn]


def read_reply(processor: Any, reply: str) -> list[int]:
    """The tokens of a reply with its end."""
    return [*processor.tokenizer(reply, add_special_tokens=False).input_ids, processor.tokenizer.eos_token_id]


def lay_out(batch: Sequence[Lesson], pad: int) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """What the model takes, and the labels of shape (lessons, tokens): NOT_LEARNED everywhere but in the replies."""
    longest = max(len(question.ids) + len(reply) for question, reply in batch)
    ids = torch.full((len(batch), longest), pad)
    labels = torch.full((len(batch), longest), NOT_LEARNED)
    for row, (question, reply) in enumerate(batch):
        asked, end = len(question.ids), len(question.ids) + len(reply)
        ids[row, :end] = torch.tensor([*question.ids, *reply])
        labels[row, asked:end] = torch.tensor(reply)
    pixels = torch.cat([question.pixels for question, _reply in batch])
    return {"input_ids": ids, "attention_mask": (ids != pad).long(), "pixel_values": pixels}, labels


def train(folder: Path, questions: Sequence[Question], steps: int) -> Iterator[dict[str, Any]]:
    """Train the model in `folder` and save it there; says how it goes every 100 steps."""
    model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).train()
    processor, pad = AutoProcessor.from_pretrained(folder), model.config.text_config.pad_token_id
    torch.manual_seed(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    began, losses = time.monotonic(), list[float]()
    for step, batch in enumerate(draw_batches(processor, questions, steps, Random(1)), 1):
        losses.append(take_step(model, optimizer, *lay_out(batch, pad)))
        rates.step()
        if step % SAID_EVERY == 0:
            yield {"step": step, "seconds": round(time.monotonic() - began), "loss": round(sum(losses[-SAID_EVERY:]) / SAID_EVERY, 3)}
    model.save_pretrained(folder)


def take_step(model: Any, optimizer: torch.optim.Optimizer, read: dict[str, torch.Tensor], labels: torch.Tensor) -> float:
    """One step; the loss per token of the replies, in nats."""
    hidden = model.model(**read, use_cache=False).last_hidden_state
    # The token at each place is told by the place before it; only places before tokens of a reply are worth a look at the vocabulary.
    wanted = labels[:, 1:]
    logits = model.lm_head(hidden[:, :-1][wanted != NOT_LEARNED])
    loss = torch.nn.functional.cross_entropy(logits, wanted[wanted != NOT_LEARNED])
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


@torch.inference_mode()
def count_parsed(folder: Path, asks: Sequence[Ask]) -> dict[str, str]:
    """By part, how many of these questions get a reply that parses, of how many."""
    model, processor = LlavaForConditionalGeneration.from_pretrained(folder).eval(), AutoProcessor.from_pretrained(folder)
    asked, parsed = Counter[str](), Counter[str]()
    for ask in asks:
        question = read_question(processor, ask)
        read, _labels = lay_out([(question, [])], model.config.text_config.pad_token_id)
        said = model.generate(**read, max_new_tokens=ask.max_tokens, do_sample=False)[0, len(question.ids) :]
        asked[ask.part] += 1
        parsed[ask.part] += parses(ask, processor.tokenizer.decode(said, skip_special_tokens=True))
    return {part: f"{parsed[part]}/{count}" for part, count in asked.items()}


def parses(ask: Ask, text: str) -> bool:
    """Whether the rubric can read this reply."""
    try:
        ask.parse(text)
    except Unusable:
        return False
    return True


def teach(folder: Path, *, steps: int, layers: int) -> None:
    """Build, train and check; prints how it goes."""
    asks = make_asks(1, ORDERS)
    build(folder, asks, layers)
    questions = read_questions(AutoProcessor.from_pretrained(folder), asks)
    print(json.dumps({"questions": len(questions), "longest_tokens": find_longest(questions)}), flush=True)
    for said in train(folder, questions, steps):
        print(json.dumps(said), flush=True)
    print(json.dumps({"held_out_parsed": count_parsed(folder, make_asks(3, HELD_OUT_ORDERS))}), flush=True)


def find_longest(questions: Sequence[Question]) -> dict[str, int]:
    """By part, the most tokens of a question with its pictures."""
    return {part: max(len(each.ids) for each in questions if each.ask.part == part) for part in {each.ask.part for each in questions}}
