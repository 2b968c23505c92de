"""Writing the replies of a batch token by token, and reading a probability off the first one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from judging.backends.local.loading import Vlm
from judging.backends.local.prefill import Batch, read_batch

# Chooses a token for each row of logits, of shape (rows, vocabulary); the second argument tells which question each row is.
Choose = Callable[[torch.Tensor, list[int]], list[int]]


def choose_likeliest(logits: torch.Tensor, rows: list[int]) -> list[int]:
    """The likeliest token of each row; the one with the lowest number where two are alike."""
    return [int(token) for token in logits.argmax(dim=-1).tolist()]


def make_sampler(temperature: float, seeds: Sequence[int]) -> Choose:
    """A `Choose` that draws with a temperature, each question from a seed of its own."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def draw(logits: torch.Tensor, rows: list[int]) -> list[int]:
        shares = torch.softmax(logits / temperature, dim=-1).cpu()
        return [int(torch.multinomial(share, 1, generator=generators[row])) for share, row in zip(shares, rows, strict=True)]

    return draw


def decode(vlm: Vlm, batch: Batch, max_tokens: Sequence[int], choose: Choose) -> list[list[int]]:
    """The tokens of each reply, up to and with the one that ends it, at most `max_tokens` of its row; `batch` is used up."""
    replies: list[list[int]] = [[] for _ in max_tokens]
    rows = list(range(len(replies)))
    while True:
        tokens = choose(batch.logits, rows)
        for row, token in zip(rows, tokens, strict=True):
            replies[row].append(token)
        going = [at for at, row in enumerate(rows) if tokens[at] not in vlm.end_tokens and len(replies[row]) < max_tokens[row]]
        if not going:
            return replies
        if len(going) < len(rows):
            batch.keep(going)
        rows = [rows[at] for at in going]
        batch = read_next(vlm, batch, [tokens[at] for at in going])


def read_next(vlm: Vlm, batch: Batch, tokens: list[int]) -> Batch:
    """`batch` with one more token in each row."""
    ids = torch.tensor(tokens, device=batch.mask.device)[:, None]
    mask = torch.cat([batch.mask, batch.mask.new_ones(len(tokens), 1)], dim=1)
    return read_batch(vlm, ids, mask, batch.position.expand(3, -1)[:, :, None], batch.cache)


def read_probability(vlm: Vlm, logits: torch.Tensor, yes_no: tuple[str, str]) -> float | None:
    """The probability in [0, 1] that a reply with these logits, of shape (vocabulary,), begins with the first word and not the second.

    A word may come with a space before it or without, and with a capital letter or without; a token that both can begin with tells
    nothing and is passed over. None where one of the words has no other.
    """
    yes, no = (first_tokens(vlm, word) for word in yes_no)
    if not yes - no or not no - yes:
        return None
    masses = torch.stack([logits[sorted(tokens)].logsumexp(dim=0) for tokens in (yes - no, no - yes)])
    return float(masses.softmax(dim=0)[0])


def first_tokens(vlm: Vlm, word: str) -> set[int]:
    """The tokens that `word` can begin with: as it stands or with a capital letter, with and without a space before it."""
    written = [word, word.capitalize(), f" {word}", f" {word.capitalize()}"]
    return {vlm.tokenizer(text, add_special_tokens=False).input_ids[0] for text in written}
