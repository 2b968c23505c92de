"""One request to an OpenAI-compatible server: what came back, or what kind of failure it was."""

from __future__ import annotations

import json
import os
import time
from http import HTTPStatus
from typing import Any

import httpx2

from judging.backends.base import JudgeUnavailable
from judging.backends.clean import clean
from judging.backends.retries import Fault, read_retry_after
from judging.backends.servers import check_server

CONNECT_S = 10
# A reply has some thousand tokens; a server that sends more than this is not one to listen to.
LARGEST_REPLY = 4 * 2**20
AGAIN_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
# These may be about one question alone, or about a field that the server does not know: the caller looks closer.
ABOUT_REQUEST = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
WHAT_TO_DO = {
    HTTPStatus.UNAUTHORIZED: "Set the environment variable that key_variable names ({key_variable}), of the workers, to a key it takes.",
    HTTPStatus.PAYMENT_REQUIRED: "The account has run out of credit.",
    HTTPStatus.FORBIDDEN: "The key that key_variable names ({key_variable}) may not use this model.",
    HTTPStatus.NOT_FOUND: "Check base_url, which usually ends in /v1, and that the server serves the model.",
}


class Rejected(Exception):
    """The server will not take this request however often it is sent; `code` is its own name for the reason."""

    def __init__(self, status: int, problem: str, code: str) -> None:
        super().__init__(f"{status}: {problem}")
        self.status, self.problem, self.code = status, problem, code


class Wire:
    """A connection pool to the chat completions of one server. Redirects are not followed: the key is for this address alone."""

    def __init__(self, base_url: str, key_variable: str, timeout_s: float, connections: int) -> None:
        """Raises JudgeUnavailable where judges may not ask this server or not with this key, or the key cannot be one."""
        self.url = base_url.rstrip("/") + "/chat/completions"
        self._key_variable, self._timeout_s = key_variable, timeout_s
        self._key = read_key(base_url, key_variable)
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self._key}"} if self._key else {})}
        self._client = httpx2.Client(
            headers=headers,
            timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"Wire({self.url!r})"

    def post(self, body: dict[str, Any]) -> bytes:
        """The body of a 200. Raises Fault, Rejected, or JudgeUnavailable."""
        try:
            status, headers, said = self._send(json.dumps(body, ensure_ascii=False).encode(errors="replace"))
        except httpx2.HTTPError as error:
            unreached = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)
            raise Fault(self._hide(f"{type(error).__name__}: {error}"), unreached=unreached) from None
        if status == HTTPStatus.OK:
            return said
        raise self._explain(status, headers, said)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _send(self, body: bytes) -> tuple[int, httpx2.Headers, bytes]:
        """Status, headers and body of the answer, within the time limit as a whole and not only for each piece of it."""
        until = time.monotonic() + self._timeout_s
        with self._client.stream("POST", self.url, content=body) as response:
            said = bytearray()
            for piece in response.iter_bytes():
                said += piece
                if len(said) > LARGEST_REPLY:
                    raise httpx2.ReadError(f"more than {LARGEST_REPLY} bytes")
                if time.monotonic() > until:
                    raise httpx2.ReadTimeout(f"not done within {self._timeout_s} s")
            return response.status_code, response.headers, self._hide_bytes(bytes(said))

    def _explain(self, status: int, headers: httpx2.Headers, said: bytes) -> Exception:
        """What an answer other than 200 means."""
        problem, code = read_problem(said)
        if code == "insufficient_quota":
            status = HTTPStatus.PAYMENT_REQUIRED
        if status in AGAIN_LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Fault(f"{status}: {problem}", retry_after_s=read_retry_after(headers.get("Retry-After")))
        if status in ABOUT_REQUEST:
            return Rejected(status, problem, code)
        return self.unavailable(f"answered {int(status)}: {problem}", status)

    def unavailable(self, what: str, status: int = 0) -> JudgeUnavailable:
        """The error that stops a run: which server, what it did, and what to do about it."""
        hint = WHAT_TO_DO.get(HTTPStatus(status), "") if status in set(HTTPStatus) else ""
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            hint = "It redirects, which is not followed: make base_url the final address."
        return JudgeUnavailable(f"{self.url} {what}. {hint.format(key_variable=self._key_variable or 'none is named')}".strip())

    def _hide(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text

    def _hide_bytes(self, said: bytes) -> bytes:
        # Some servers quote the key they refuse.
        return said.replace(self._key.encode(), b"[key]") if self._key else said


def read_key(base_url: str, variable: str) -> str:
    """The key for this server in the environment variable, '' where none is named or set.

    Raises JudgeUnavailable where whoever runs the site has not bound the one to the other, or it cannot be a key.
    """
    try:
        # Also here, not only where a judge is made: rows outlive the list, and this is the last place before a key is sent.
        check_server(base_url, variable)
    except ValueError as error:
        raise JudgeUnavailable(str(error)) from error
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise JudgeUnavailable(f"The environment variable {variable} of the workers holds something that cannot be a key.")
    return key


def read_problem(said: bytes) -> tuple[str, str]:
    """What the server says is wrong, at most 300 characters of it, and its code; OpenAI, vLLM and FastAPI each have their own shape."""
    text = said[:2000].decode(errors="replace").strip()
    try:
        body = json.loads(said)
    except ValueError:
        return clean(text[:300]), ""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return clean(str(error)[:300]), ""
    problem = error.get("message") or error.get("detail") or text
    return clean(str(problem)[:300]), str(error.get("code") or error.get("type") or "")
