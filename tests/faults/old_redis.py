"""A Redis of another version, as far as a handshake goes: INFO, and scripts it cannot compile."""

from __future__ import annotations

import socketserver
import threading
from types import TracebackType
from typing import Any, Self

import hiredis


class OldRedis:
    """Answers as a server of `version` does. A context manager; `port` is free."""

    def __init__(self, version: str) -> None:
        info = f"# Server\r\nredis_version:{version}\r\n".encode()

        class Conversation(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                reader = hiredis.Reader()
                while data := self.request.recv(65536):
                    reader.feed(data)
                    while (command := reader.gets()) is not False:
                        self.request.sendall(answer(command))

        def answer(command: Any) -> bytes:
            word = command[0].upper()
            if word == b"INFO":
                return b"$%d\r\n%b\r\n" % (len(info), info)
            if word in (b"SCRIPT", b"EVAL"):
                text = b"user_script:1: unexpected symbol near '#'"
                return b"-ERR Error compiling script (new function): %b\r\n" % text
            if word == b"CLIENT":
                return b"-ERR unknown subcommand\r\n" if b"SETINFO" in command[1] else b"+OK\r\n"
            return b"+OK\r\n"

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
