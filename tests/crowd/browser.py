"""One person's browser: session, CSRF token, retries with the same key, and a log of what was acknowledged."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from tests.crowd.pages import Reply, read_reply

TRIES = 8
# Far shorter than any reply takes: the request arrives, the reply does not.
DROPPED = httpx.Timeout(10, read=0.002)
PATIENT = httpx.Timeout(60)


class Browser:
    """Sends what one person does; every acknowledged write becomes a line of `log`, written before anything else happens.

    `counts` says what really happened, `latencies` are seconds per address, `failures` every reply with a status of 500 or more.
    """

    def __init__(self, address: str, person: str, log: Path) -> None:
        self.address, self.person = address, person
        self.http = httpx.Client(base_url=address, timeout=PATIENT, headers={"HX-Request": "true", "Referer": address})
        self.helper = ThreadPoolExecutor(max_workers=1)
        self.log = log.open("a", encoding="utf-8")
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.latencies: list[tuple[str, float]] = []
        self.failures: list[str] = []

    def close(self) -> None:
        """Let go of connections, threads and the log."""
        self.helper.shutdown()
        self.http.close()
        self.log.close()

    def sign_in(self, path: str, password: str) -> None:
        """Sign in through the form as everybody does; RuntimeError if that fails."""
        page = httpx.get(self.address + path, timeout=PATIENT)
        self.http.cookies.update(page.cookies)
        fields = {"username": self.person, "password": password, "csrfmiddlewaretoken": page.cookies["csrftoken"]}
        self.http.post(path, data=fields, headers={"HX-Request": ""})
        if "sessionid" not in self.http.cookies:
            raise RuntimeError(f"{self.person} cannot sign in")

    def get(self, path: str) -> Reply:
        """A page."""
        return self._send("GET", path, None, PATIENT) or Reply()

    def post(self, path: str, fields: dict[str, Any]) -> Reply:
        """Something that makes no answer: taking work, leaving, a heartbeat."""
        return self._send("POST", path, fields, PATIENT) or Reply()

    def write(self, act: str, path: str, fields: dict[str, Any], how: str = "plain") -> Reply:
        """A write with a key, sent until it is acknowledged.

        `how`: `plain` once; `double` twice at the same time; `dropped` first without waiting for the reply, then again;
        `replay` is a write that was acknowledged before.
        """
        twin: Future[Reply] | None = None
        if how == "dropped" and self._send("POST", path, fields, DROPPED) is None:
            self.counts["dropped"] += 1
        if how == "double":
            twin = self.helper.submit(self._acknowledge, act, path, fields, how)
        reply = self._acknowledge(act, path, fields, how)
        if twin is not None:
            other = twin.result()
            self.counts["double"] += 1
            if (other.kind, other.answer, other.assignment) != (reply.kind, reply.answer, reply.assignment):
                self.failures.append(f"{self.person} {act}: sent twice, two outcomes: {reply} {other}")
        return reply

    def _acknowledge(self, act: str, path: str, fields: dict[str, Any], how: str) -> Reply:
        reply = self._send("POST", path, fields, PATIENT)
        if reply is None or not reply.kind:
            self.failures.append(f"{self.person} {act} {fields}: never acknowledged: {reply}")
            return Reply()
        line = {
            "person": self.person,
            "act": act,
            "how": how,
            "sent": fields,
            "kind": reply.kind,
            "code": reply.code,
            "assignment": reply.assignment,
            "answer": reply.answer,
        }
        with self.lock:
            self.log.write(json.dumps(line) + "\n")
            self.log.flush()
        self.counts[f"{act} {reply.kind} {reply.code}"] += 1
        return reply

    def _send(self, method: str, path: str, fields: dict[str, Any] | None, timeout: httpx.Timeout) -> Reply | None:
        """The reply; None if none came. A connection that breaks is tried again, unless nobody waits for the reply."""
        headers = {"X-CSRFToken": self.http.cookies["csrftoken"]} if method == "POST" else {}
        for attempt in range(TRIES):
            started = time.perf_counter()
            try:
                response = self.http.request(method, path, data=fields, headers=headers, timeout=timeout)
            except httpx.TransportError:
                if timeout is DROPPED:
                    return None
                self.counts["broken connection"] += 1
                time.sleep(0.05 * (attempt + 1))
                continue
            self.latencies.append((path, time.perf_counter() - started))
            self.counts[f"status {response.status_code}"] += 1
            if response.status_code >= 400 and response.status_code != 410:
                self.failures.append(f"{self.person} {method} {path} {fields}: {response.status_code} {response.text[:300]}")
            return read_reply(response.text)
        return None


def new_key() -> str:
    """An idempotency key."""
    return str(uuid.uuid4())
