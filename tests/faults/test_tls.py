"""A publisher before a server of Kraken's name that it has no reason to trust."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.scene import staged
from tests.feed.certificates import Identity, authority, signed
from tests.matrix import MatrixRow


@contextlib.contextmanager
def impostor(identity: Identity) -> Iterator[int]:
    """Offer TLS on a port, to whoever takes it; give the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def offer() -> None:
            with contextlib.suppress(OSError):  # the listener is closed: the end
                while True:
                    plain, _ = listener.accept()
                    plain.settimeout(5)
                    with contextlib.suppress(OSError):
                        context.wrap_socket(plain, server_side=True).close()
                    plain.close()

        thread = threading.Thread(target=offer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.row("X5")
@pytest.mark.parametrize("fault", ["unknown authority", "expired", "another name"])
def test_a_server_that_proves_nothing_is_never_spoken_to(
    fault: str, tmp_path: Path, matrix_row: MatrixRow
) -> None:
    ca, stranger = authority(tmp_path / "ca"), authority(tmp_path / "stranger")
    own = {
        "unknown authority": lambda: signed(tmp_path, stranger),
        "expired": lambda: signed(tmp_path, ca, days=-1),
        "another name": lambda: signed(tmp_path, ca, host="kraken.example"),
    }
    with staged(tmp_path) as scene, impostor(own[fault]()) as port:
        url = f"wss://localhost:{port}/v2"
        publisher = scene.publisher(ws_url=url, ca_file=ca.certificate)
        publisher.wait_for("feed.away", count=2, timeout_s=30)
        for line in publisher.log("feed.away"):
            assert "certificate" in line["reason"].lower()
            assert "PYKRAKEN_CA_FILE" in line["mend"]
        assert not publisher.log("feed.connected")
        assert publisher.terminate() == 0
    matrix_row.saw("told with the settings to look at, tried again with waits, never spoken to")
