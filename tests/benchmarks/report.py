"""What a bench run found: the table for people and the JSON object for programs.

`Report` gathers figures under the names of the JSON; `lines` of the table name their unit and say
what they were compared with. The JSON also tells the machine and the versions, since no figure
means anything without them.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from sysconfig import get_config_var

from tests.benchmarks.children import can_pin

LIBRARIES = ("redis", "hiredis", "msgspec", "msgpack", "websocket-client")


@dataclass
class Report:
    """Figures by name, and the rows of the table in order."""

    figures: dict[str, object] = field(default_factory=dict)
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, name: str, value: float, *, digits: int = 0) -> float:
        """Put a figure into the JSON."""
        rounded = round(value, digits)
        self.figures[name] = int(rounded) if digits == 0 else rounded
        return value

    def row(self, what: str, value: str, note: str = "") -> None:
        """Put a line into the table."""
        self.rows.append((what, value, note))

    def table(self) -> str:
        """Return the table as text."""
        widths = [max(len(row[i]) for row in self.rows) for i in range(2)]
        return "\n".join(
            f"{what:<{widths[0]}}  {value:>{widths[1]}}  {note}".rstrip()
            for what, value, note in self.rows
        )

    def json(self) -> str:
        """Return the figures as one line."""
        return json.dumps(self.figures)

    def write(self, folder: Path, stamp: str) -> Path:
        """Write the figures to a file of `folder` and return its path."""
        folder.mkdir(exist_ok=True)
        path = folder / f"bench-{stamp}.json"
        path.write_text(json.dumps(self.figures, indent=2) + "\n")
        return path


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return least and most, `[1,000..2,000]`."""
    return f"[{min(values):,.{digits}f}..{max(values):,.{digits}f}]"


def machine(server: Path) -> Mapping[str, object]:
    """Return what ran all this: processor, system, versions, and how busy it was before."""
    facts: dict[str, object] = {
        "cores": os.cpu_count(),
        "pinned": can_pin(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "python_optimised": "--enable-optimizations" in str(get_config_var("CONFIG_ARGS")),
        "server": _first_line([str(server), "--version"]),
        "load_before": round(os.getloadavg()[0], 2),
    }
    facts.update({name: version(name) for name in LIBRARIES})
    if git := shutil.which("git"):
        facts["commit"] = _first_line([git, "rev-parse", "--short", "HEAD"])
    return facts


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().partition("\n")[0]
