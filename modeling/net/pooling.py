"""From the hidden states of a prompt to one vector: four looks at it, side by side."""

from __future__ import annotations

import torch
from torch import nn

LOOKS = 4


class Pool(nn.Module):  # type: ignore[misc]  # torch has no types here
    """Mean over the candidate's picture, the last token, mean over the text after the pictures, and attention from the first picture on.

    The attention has one trained query. It starts behind the prefix, which is the same for all rows: unrestricted, it can settle there,
    and what it gives is then the same for all rows too. The query starts at zero, which is the plain mean.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(hidden))

    def forward(self, hidden: torch.Tensor, picture: torch.Tensor, text: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """Vectors of shape (rows, 4 x hidden), float32.

        `hidden` has the shape (rows, tokens, hidden). `picture`, `text` of shape (rows, tokens) are true at the tokens of the candidate's
        picture, and at those after the last picture; `last` of shape (rows,) are the places of the last tokens. A row without a
        picture has zeros for it, and its attention begins at the text.
        """
        hidden = hidden.float()
        places = torch.arange(hidden.shape[1], device=hidden.device)
        reach = (places >= first_of(picture | text)[:, None]) & (places <= last[:, None])
        looks = [
            mean_over(hidden, picture),
            hidden[torch.arange(len(hidden), device=hidden.device), last],
            mean_over(hidden, text),
            self.attend(hidden, reach),
        ]
        return torch.cat(looks, dim=1)

    def attend(self, hidden: torch.Tensor, reach: torch.Tensor) -> torch.Tensor:
        """The mean of tokens within reach, weighted by how they answer to the query."""
        scores = (hidden @ self.query.float()) * hidden.shape[-1] ** -0.5
        weights = scores.masked_fill(~reach, float("-inf")).softmax(dim=1)
        return torch.einsum("rt,rth->rh", weights, hidden)


def mean_over(hidden: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """The mean of the chosen tokens of each row; zeros where none is chosen."""
    weights = chosen.to(hidden.dtype)
    return torch.einsum("rt,rth->rh", weights, hidden) / weights.sum(dim=1, keepdim=True).clamp(min=1)


def first_of(chosen: torch.Tensor) -> torch.Tensor:
    """The first chosen place of each row."""
    return chosen.int().argmax(dim=1)
