"""The key pair of the simulator's account: from a file, from the environment, or the sample one.

Never from an argument, which the process list would show.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from publisher.errors import ConfigurationError
from publisher.simulator.signing import SAMPLE_KEY, SAMPLE_SECRET, Signatures


def signatures(key_file: Path | None, environment: Mapping[str, str] = os.environ) -> Signatures:
    """Return the judge of the account's requests. Raises ConfigurationError for half a pair, or a
    file that cannot be read."""
    if key_file is not None:
        lines = _read(key_file, "--api-key-file").split()
        if len(lines) != 2:
            allowed = "a file of two lines: the key, then its secret"
            raise ConfigurationError("--api-key-file", str(key_file), allowed)
        return Signatures(*lines)
    key = _from(environment, "PYKRAKEN_API_KEY")
    secret = _from(environment, "PYKRAKEN_API_SECRET")
    if bool(key) != bool(secret):
        missing = "PYKRAKEN_API_SECRET" if key else "PYKRAKEN_API_KEY"
        raise ConfigurationError(missing, "", "key and secret together, or neither")
    return Signatures(key or SAMPLE_KEY, secret or SAMPLE_SECRET)


def _from(environment: Mapping[str, str], name: str) -> str:
    """Return the variable's value, or what the file holds that `<name>_FILE` names."""
    if environment.get(name):
        return environment[name]
    path = environment.get(f"{name}_FILE")
    return _read(Path(path), f"{name}_FILE").strip() if path else ""


def _read(path: Path, setting: str) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(setting, str(path), "a text file that can be read") from None
