"""Kraken's REST for a few keys: checks what it is sent by the rule itself (protocol.md 10.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qs

from tests.feed.certificates import Identity

TOKEN_PATH = "/0/private/GetWebSocketsToken"
KEY = "canaryKEY/" + "k" * 46
SECRET = base64.b64encode(b"canary-SECRET-of-sixty-four-bytes".ljust(64, b".")).decode()
TOKEN = "canaryTOKEN+"
"""Each token begins so, and ends in the number of its issue."""

ONLINE = {"status": "online", "timestamp": "2026-11-22T12:00:00Z"}


class Reply(NamedTuple):
    """What to answer instead of a token; a 302 leads elsewhere on this server."""

    body: bytes
    status: int = 200


def refusal(*errors: str) -> Reply:
    """Return Kraken's answer with these errors; its status is 200 all the same."""
    return Reply(json.dumps({"error": errors}).encode())


class PrivateRest:
    """Serves until the block ends; with `identity` by TLS. Tests set `script`, `last_nonce`, `gate`
    and `keys`, and read what came.
    """

    def __init__(self, identity: Identity | None = None) -> None:
        self.keys = {KEY: SECRET}
        self.script: deque[Reply] = deque()
        self.last_nonce: dict[str, int] = {}
        """Per key; without an entry every nonce is taken, and none is noted as the last."""
        self.nonces: list[int] = []
        self.signatures: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()
        self._issued = 0
        rest = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                result = {"unixtime": 0} if self.path.endswith("Time") else ONLINE
                self._reply(Reply(json.dumps({"error": [], "result": result}).encode()))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with rest._lock:
                    reply = rest._answer(self.path, dict(self.headers), body)
                rest.gate.wait()
                self._reply(reply)

            def _reply(self, reply: Reply) -> None:
                self.send_response(reply.status)
                if reply.status == 302:
                    self.send_header("Location", f"{rest.url}/elsewhere")
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hangs up
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        if identity is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(identity.certificate, identity.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def canaries(self) -> list[str]:
        """What must stand nowhere: keys, secrets, tokens, and the signatures that came."""
        decoded = base64.b64decode(SECRET).rstrip(b".").decode()
        return [*self.keys, *self.keys.values(), decoded, TOKEN, *self.signatures]

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        key, nonce = headers.get("API-Key", ""), parse_qs(body.decode())["nonce"][0]
        self.nonces.append(int(nonce))
        self.signatures.append(headers.get("API-Sign", ""))
        if self.script:
            return self.script.popleft()
        if path != TOKEN_PATH:
            return refusal("EGeneral:Unknown method")
        if key not in self.keys:
            return refusal("EAPI:Invalid key")
        inner = hashlib.sha256(nonce.encode() + body).digest()
        mac = hmac.new(base64.b64decode(self.keys[key]), path.encode() + inner, hashlib.sha512)
        if base64.b64encode(mac.digest()).decode() != self.signatures[-1]:
            return refusal("EAPI:Invalid signature")
        if key in self.last_nonce:
            if int(nonce) <= self.last_nonce[key]:
                return refusal("EAPI:Invalid nonce")
            self.last_nonce[key] = int(nonce)
        self._issued += 1
        result = {"token": f"{TOKEN}{self._issued}", "expires": 900}
        return Reply(json.dumps({"error": [], "result": result}).encode())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
