"""Answering many questions at the same time, in threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from judging.backends.base import JudgeUnavailable, Reply
from judging.backends.rate import Stopped
from judging.rubrics.base import Ask


def answer_side_by_side(
    answer: Callable[[Ask], Reply], asks: Sequence[Ask], most: int, stop: threading.Event
) -> Generator[tuple[int, Reply], None, None]:
    """Each question's number and reply, as they come, with at most `most` being asked at a time.

    A question is asked only once there is room for its reply, so that whoever stops reading has at most `most` calls on the way. Where one
    raises JudgeUnavailable no other is begun, those on the way are still given, and then it is raised. `stop` is set at the end.
    """
    pool = ThreadPoolExecutor(most, thread_name_prefix="judge")
    waiting = deque(enumerate(asks))
    running: dict[Future[Reply], int] = {}
    done: SimpleQueue[Future[Reply]] = SimpleQueue()
    problem: JudgeUnavailable | None = None
    try:
        while waiting or running:
            while waiting and len(running) < most:
                number, ask = waiting.popleft()
                future = pool.submit(answer, ask)
                running[future] = number
                future.add_done_callback(done.put)
            future = done.get()
            number = running.pop(future)
            try:
                reply = future.result()
            except Stopped:
                continue
            except JudgeUnavailable as error:
                problem = problem or error
                waiting.clear()
                stop.set()
                continue
            yield number, reply
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
    if problem:
        raise problem
