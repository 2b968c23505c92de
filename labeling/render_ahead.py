"""Rendering the full size before anybody asks for it, so that zooming in on a fresh candidate does not wait.

A browser fetches the screen size of the cards it holds ahead. That is the sign: one background thread of the web process then
renders the full size, one picture at a time. Nothing depends on it: what it has not done is rendered on first view.
"""

from __future__ import annotations

import logging
import queue
import threading

from labeling.data_in.problem import ImportProblem
from labeling.image_store import ImageLost, ensure_derivative
from labeling.models import Image

logger = logging.getLogger(__name__)

# Three cards a person, a few people a process; more waiting than this would come too late to be of use.
WAITING_AT_MOST = 16

_waiting: queue.Queue[Image] = queue.Queue(WAITING_AT_MOST)
_starting = threading.Lock()
_thread: threading.Thread | None = None


def render_later(image: Image) -> bool:
    """Have the full size of `image` rendered in the background; False where too many wait already."""
    try:
        _waiting.put_nowait(image)
    except queue.Full:
        return False
    start_thread()
    return True


def wait_until_rendered() -> None:
    """Wait until nothing waits any more; for tests, and for measurements that must not count it."""
    _waiting.join()


def start_thread() -> None:
    """Start the thread on first use: one that was started before a server forks would not run in its children."""
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():
            # A daemon: a server that stops need not wait, because the storage holds whole files only.
            _thread = threading.Thread(target=render_waiting, name="render-ahead", daemon=True)
            _thread.start()


def render_waiting() -> None:
    """Render what waits, for ever."""
    while True:
        image = _waiting.get()
        try:
            ensure_derivative(image, "full")
        except (OSError, ImageLost, ImportProblem) as error:
            # Storages report their failures as OSError; whoever views the picture sees the same failure at once.
            logger.warning("image %s was not rendered ahead: %s", image.pk, error)
        finally:
            _waiting.task_done()
