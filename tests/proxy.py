"""A node of a test's own: it stands between a program and a real one, and answers as the test says."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What can be asked, and a way to really ask it. What it returns is sent: an object as JSON, bytes as they are,
#: or a status with either; None closes the connection without an answer.
Answer = Callable[[dict[str, Any], Callable[[], Any]], Any]
SECRET = "key-in-the-address"


@dataclass
class Node:
    """A node at an address that holds a key, as those of providers do.

    Attributes:
        behind: Address of the real one.
        answer: What is answered; by default what the real one says.
        asked: All questions, in order.
    """

    behind: str
    answer: Answer = lambda question, really: really()
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    @property
    def methods(self) -> list[str]:
        """What was asked, in order."""
        return [question["method"] for question in self.asked]

    def really(self, question: dict[str, Any]) -> Any:
        """What the real one answers."""
        body = json.dumps(question).encode()
        request = urllib.request.Request(self.behind, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read())


@contextmanager
def node(behind: str, answer: Answer | None = None) -> Iterator[Node]:
    """Runs one."""
    serving = Node(behind)
    if answer is not None:
        serving.answer = answer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer is small and is waited for

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            serving.asked.append(question)
            said = serving.answer(question, lambda: serving.really(question))
            status, said = said if isinstance(said, tuple) else (200, said)
            if said is None:
                self.close_connection = True
                return
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # whoever asked is gone
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    serving.url = f"http://127.0.0.1:{server.server_address[1]}/v3/{SECRET}"
    try:
        yield serving
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def result(question: dict[str, Any], value: Any) -> dict[str, Any]:
    """An answer as JSON-RPC has it."""
    return {"jsonrpc": "2.0", "id": question["id"], "result": value}


def error(question: dict[str, Any], code: int, message: str, **more: Any) -> dict[str, Any]:
    """An error as JSON-RPC has it."""
    return {"jsonrpc": "2.0", "id": question["id"], "error": {"code": code, "message": message, **more}}
