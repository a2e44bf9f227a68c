"""Certificates of a test's own: an authority, and what it signed, made by the openssl program.

They say all that RFC 5280 wants said: from Python 3.13 on a default context verifies strictly.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.requirements import require


@dataclass(frozen=True)
class Identity:
    """A certificate with its key."""

    certificate: Path
    key: Path


def _openssl(folder: Path, *words: str) -> None:
    found = shutil.which("openssl")
    require(found, "openssl is not installed: apt-get install openssl")
    subprocess.run([str(found), *words], cwd=folder, check=True, capture_output=True)


def _request(folder: Path, name: str, *more: str) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(folder, "req", *curve, "-keyout", f"{name}.key", "-subj", f"/CN={name}", *more)


def authority(folder: Path) -> Identity:
    """Make a certificate authority."""
    folder.mkdir(parents=True, exist_ok=True)
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")
    _request(folder, "authority", "-x509", "-days", "2", "-out", "authority.pem", *usage)
    return Identity(folder / "authority.pem", folder / "authority.key")


def signed(folder: Path, by: Identity, *, host: str = "localhost", days: int = 2) -> Identity:
    """Make a server's certificate for `host`, signed by an authority."""
    name = f"server-{host}-{days}"
    _request(folder, name, "-out", f"{name}.csr")
    (folder / f"{name}.ext").write_text(
        f"subjectAltName=DNS:{host},IP:127.0.0.1\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    _openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", str(by.certificate), "-CAkey",
        str(by.key), "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext",
        "-out", f"{name}.pem",
    )  # fmt: skip
    return Identity(folder / f"{name}.pem", folder / f"{name}.key")


def locked(identity: Identity, password: str) -> Identity:
    """Return the identity with its key encrypted, as openssl does by default."""
    path = identity.key.with_suffix(".locked")
    words = ("pkcs8", "-topk8", "-in", str(identity.key), "-passout", f"pass:{password}")
    _openssl(path.parent, *words, "-out", str(path))
    return Identity(identity.certificate, path)
