"""Questions and pictures for the tests of a model in this process."""

import hashlib
import io

from PIL import Image
from pydantic import BaseModel

from judging.material import Picture, PictureLost
from judging.rubrics.base import Ask, Unusable, Why

SYSTEM = "You judge pictures."


class Score(BaseModel):
    score: float


def draw(colour, size=(64, 64)):
    """A picture of one colour as PNG."""
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "PNG")
    return stream.getvalue()


def make_picture(colour, size=(64, 64)):
    data = draw(colour, size)
    return Picture(sha256=hashlib.sha256(data).hexdigest(), width=size[0], height=size[1], format="PNG", read=lambda: data)


def make_lost_picture():
    def read():
        raise PictureLost("gone")

    return Picture(sha256="0" * 64, width=64, height=64, format="PNG", read=read)


def keep_text(text):
    """Whatever the model says is data: for models that say noise."""
    return {"said": text}


def read_score(text):
    try:
        return {"score": Score.model_validate_json(text).score}
    except ValueError as error:
        raise Unusable(Why.NO_JSON, str(error)) from error


def make_ask(prompt="Is it sharp?", *colours, parse=keep_text, max_tokens=24, pictures=None, **fields):
    """A question about pictures of these colours, or about `pictures`; by default any reply will do."""
    if pictures is None:
        pictures = tuple(make_picture(colour) for colour in colours)
    made = {"part": "sharp", "sample": 1, "side_px": 64, "system": SYSTEM, "schema": Score} | fields
    return Ask(prompt=prompt, pictures=pictures, parse=parse, max_tokens=max_tokens, **made)


def encode(ask):
    """The pictures of a question as they are."""
    return [picture.read() for picture in ask.pictures]
