"""A real HTTP server that speaks the chat completions protocol and plays a script instead of asking a model.

    with ScriptedServer(say("not JSON"), fail(429, retry_after="7")) as server:
        ...  # server.url is the base URL; server.seen holds the requests

Every request takes the next behaviour of the script; after the last one all are answered with a reply that fits the schema asked for.
As a command (`python -m tests.judging.scripted_server`) it prints its URL and answers every request at once until its input ends.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self

from judging.backends.json_modes import IN_WORDS
from tests.judging.made_replies import make_reply, read_lengths

MODEL, FINGERPRINT = "scripted-model-1", "scripted-fingerprint"
TOKENS_IN, TOKENS_OUT = 1000, 50


@dataclass(frozen=True)
class Seen:
    """One request: its path, its headers (names in lower case) and its body."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        """The system message."""
        return self.body["messages"][0]["content"]

    @property
    def images(self) -> list[str]:
        """The URLs of the pictures, in order."""
        return [part["image_url"]["url"] for part in self.body["messages"][1]["content"] if part["type"] == "image_url"]

    @property
    def prompt(self) -> str:
        """The texts of the user message, together."""
        return "".join(part["text"] for part in self.body["messages"][1]["content"] if part["type"] == "text")

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema the reply must fit, from wherever it is told."""
        told = self.body.get("response_format", {})
        if "json_schema" in told:
            return told["json_schema"]["schema"]
        return json.JSONDecoder().raw_decode(self.prompt.split(IN_WORDS)[1])[0]


@dataclass(frozen=True)
class Answer:
    """What is sent back: after `wait_s`, with `drip_s` before each byte, and cut after the first `cut_at` bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0
    drip_s: float = 0
    cut_at: int | None = None


Behaviour = Callable[[Seen], Answer]


def say(text: str, finish: str = "stop", *, usage: bool = True, **message: Any) -> Behaviour:
    """Reply with `text`; `message` has further fields of the message, such as refusal."""
    return lambda seen: complete(text, finish, usage=usage, **message)


def say_good(seen: Seen) -> Answer:
    """Reply with what fits the schema asked for, in lists as long as the prompt wants; the same request gets the same reply."""
    seed = sha256(json.dumps(seen.body, sort_keys=True).encode()).digest()
    return complete(make_reply(seen.schema, Random(seed), read_lengths(seen.prompt)))


def complete(text: str, finish: str = "stop", *, usage: bool = True, **message: Any) -> Answer:
    """A 200 with one choice."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
    body = {"object": "chat.completion", "model": MODEL, "system_fingerprint": FINGERPRINT, "choices": [choice]}
    if usage:
        body["usage"] = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT, "total_tokens": TOKENS_IN + TOKENS_OUT}
    return Answer(body=json.dumps(body).encode())


def fail(status: int, message: str = "no", *, retry_after: str | None = None, code: str | None = None) -> Behaviour:
    """Answer with an error in OpenAI's words."""
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    body = json.dumps({"error": {"message": message, "type": "scripted", "code": code}}).encode()
    return lambda seen: Answer(status=status, body=body, headers=headers)


def send(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    """Answer with exactly this."""
    return lambda seen: Answer(status=status, body=body, headers=headers)


def hang(seconds: float) -> Behaviour:
    """Say nothing for so long, or until the server closes."""
    return lambda seen: Answer(wait_s=seconds, body=b"{}")


def drip(seconds: float, body: bytes) -> Behaviour:
    """Send `body` one byte at a time, with so long a pause before each."""
    return lambda seen: Answer(body=body, drip_s=seconds)


def cut(behaviour: Behaviour, at: int = 40) -> Behaviour:
    """Cut the connection after `at` bytes of the body; with less than 0 before any answer."""

    def behave(seen: Seen) -> Answer:
        whole = behaviour(seen)
        return Answer(status=whole.status, body=whole.body, headers=whole.headers, cut_at=at)

    return behave


def refuse_formats(
    *formats: str, otherwise: Behaviour | None = None, status: int = 400, message: str = "response_format of this type is not supported"
) -> Behaviour:
    """Turn down requests with these types of response_format, and answer the others well."""

    def behave(seen: Seen) -> Answer:
        refused = seen.body.get("response_format", {}).get("type") in formats
        return (fail(status, message) if refused else otherwise or say_good)(seen)

    return behave


class ScriptedServer(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1 in threads of its own while it is entered."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *script: Behaviour, default: Behaviour | None = None, keep: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = deque(script)
        self.default = default or say_good
        self.keep, self.seen = keep, list[Seen]()
        self.closing = threading.Event()
        self.most_at_once, self._now = 0, 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base URL that a backend is given."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()

    def play(self, seen: Seen) -> Answer:
        """The answer of the next behaviour."""
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            if self.keep:
                self.seen.append(seen)
            behaviour = self.script.popleft() if self.script else self.default
        answer = behaviour(seen)
        if answer.wait_s:
            self.closing.wait(answer.wait_s)
        return answer

    def over(self) -> None:
        """Note that a request has its answer."""
        with self._lock:
            self._now -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a client has gone away; say what is wrong with a script."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection, which may carry many requests."""

    server: ScriptedServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Read a request whole, and send what the script says."""
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.play(Seen(self.path, headers, json.loads(raw)))
        self.server.over()
        sent = answer.body if answer.cut_at is None else answer.body[: max(answer.cut_at, 0)]
        lines = [f"HTTP/1.1 {answer.status} Scripted", f"Content-Length: {len(answer.body)}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.cut_at is None or answer.cut_at >= 0:
            # In one piece: two small ones would wait for each other's acknowledgement.
            self.wfile.write("\r\n".join([*lines, "", ""]).encode() + (b"" if answer.drip_s else sent))
        for place in range(len(sent) if answer.drip_s else 0):
            self.server.closing.wait(answer.drip_s)
            self.wfile.write(sent[place : place + 1])
        if answer.cut_at is not None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Answer every request with the text of the first argument, or with what fits its schema, until the input ends."""
    with ScriptedServer(default=say(sys.argv[1]) if sys.argv[1:] else None, keep=False) as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
