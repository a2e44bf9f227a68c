"""`make deploy-image`: builds the image without a daemon, and runs what was built.

The base is a stand-in: Debian by debootstrap with its own Python, since no registry of images can
be asked here. The Dockerfile is the real one, unchanged. What runs in the image runs as an
orchestrator would run it, as far as the kernel alone can: a process namespace in which it is the
first, a root that cannot be written, `/state` and `/tmp` in memory, user 10001, no capability.
No shell can be run in there. Simulator, Redis (with its users) and the consumer are outside. Needs
root, buildah, debootstrap.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

import redis
from pykraken_consumer import Client, Update

from tests.deploy.inspection import USER, arguments, judge_configuration, judge_files
from tests.polling import wait_until
from tests.processes import descendants
from tests.requirements import ROOT
from tests.servers import RedisServer, free_port, server_binary
from tests.simulator.program import Program

FOLDER = ROOT / "build" / "image"
STAND_IN, IMAGE = "localhost/stand-in", "localhost/pykraken"
PACKAGES = "ca-certificates,python3-minimal,python3-pip,python3-venv"
STORE = ("--root", str(FOLDER / "store"), "--runroot", str(FOLDER / "run"))
GIVEN = arguments(revision="0" * 40, source="https://example.invalid/pykraken")
EVENTS = 200
PATIENCE_S = 60.0
COMMANDS = ("run", "demo", "simulate", "watch", "tail", "book", "doctor", "retire", "size")
START = """
set -e
root=$1; shift
mount --bind "$root" "$root"
mount -o remount,ro,bind "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
for shell in dash bash; do mount --bind /dev/null "$root/usr/bin/$shell"; done
mount -t tmpfs -o size=1m,mode=0700,uid=10001,gid=10001 state "$root/state"
mount -t tmpfs -o size=16m tmp "$root/tmp"
mount -t tmpfs -o size=1m run "$root/run"
install -m 0440 -g 10001 "$SECRET" "$root/run/password"
exec setpriv --no-new-privs env -i PATH=/opt/pykraken/bin:/usr/sbin "$@"
"""


def buildah(*words: str) -> str:
    """Run buildah in a store of our own; return what it printed."""
    environment = os.environ | {"STORAGE_DRIVER": "vfs", "TMPDIR": str(FOLDER / "tmp")}
    command = ["buildah", *STORE, *words]
    return subprocess.run(
        command, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def stand_in() -> None:
    """Make the base, once."""
    if STAND_IN in buildah("images", "--format", "{{.Name}}").split():
        return
    root = FOLDER / "base"
    shutil.rmtree(root, ignore_errors=True)
    words = ("--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root))
    subprocess.run(["debootstrap", *words], check=True, stdout=subprocess.DEVNULL)
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, str(root), "/")
    buildah("commit", "--quiet", "--rm", container, STAND_IN)
    shutil.rmtree(root)


def build() -> Path:
    """Build the image and judge its configuration; return the root of a container of it."""
    file = ("--file", "deploy/Dockerfile", "--ignorefile", "deploy/Dockerfile.dockerignore")
    how = ("--isolation", "chroot", "--pull-never", "--network", "host", "--layers")
    certificates = ("--volume", "/etc/ssl/certs:/etc/ssl/certs:ro")
    given = [f"--build-arg={name}={value}" for name, value in (GIVEN | {"BASE": STAND_IN}).items()]
    how += ("--format", "docker")  # OCI's has no health check
    buildah("bud", "--quiet", *file, *how, *certificates, *given, "--tag", IMAGE, ".")
    told = json.loads(buildah("inspect", "--type", "image", IMAGE))
    judge_configuration(told["Docker"]["config"], GIVEN)
    return Path(buildah("mount", buildah("from", "--pull-never", IMAGE)))


class Contained:
    """A command of the image, first of its process namespace."""

    def __init__(self, root: Path, secret: Path, settings: Mapping[str, str]) -> None:
        self._settings = [f"{name}={value}" for name, value in settings.items()]
        chroot = ("chroot", f"--userspec={USER}:{USER}", str(root))
        words = [*self._settings, *chroot, "/opt/pykraken/bin/pykraken", "run"]
        self.log = (FOLDER / "publisher.log").open("wb")
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", START, "sh",
             str(root), *words],
            env=os.environ | {"SECRET": str(secret)}, stdout=self.log, stderr=self.log,
        )  # fmt: skip

    @property
    def first(self) -> int:
        """The first process inside, by its number outside."""
        (found,) = descendants(self.process.pid)
        return found

    def execute(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command in there, as the same user."""
        enter = ["nsenter", "--target", str(self.first), "--mount", "--pid", "--root", "--wd"]
        user = ["--setuid", str(USER), "--setgid", str(USER)]
        return subprocess.run(
            [*enter, *user, *words],
            env=dict(pair.split("=", 1) for pair in self._settings),
            capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip

    def stop(self) -> int:
        """Send SIGTERM to the first process; return its exit code."""
        os.kill(self.first, signal.SIGTERM)
        code = self.process.wait(20)
        self.log.close()
        return code


def answers(port: int, path: str) -> bool:
    """Tell whether a path answers 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def rehearse(root: Path, folder: Path) -> None:
    """Run the publisher of the image, read by a consumer outside; ask it; stop it."""
    acl = ROOT / "deploy/acl"
    subprocess.run(
        [str(acl / "make-users"), str(acl / "redis-7.0.acl"), str(folder / "acl")], check=True
    )
    port = free_port()
    with RedisServer(server_binary("redis"), folder / "redis") as server:
        with server.client() as client:
            for user in reversed((folder / "acl/users.acl").read_text().splitlines()):
                client.execute_command("ACL", "SETUSER", *user.split()[1:])
        with Program("--rate", "500") as exchange:
            settings = {
                "PYKRAKEN_REDIS_URL": server.url.replace("//", "//publisher@")
                + "?password_file=/run/password",
                "PYKRAKEN_WS_URL": exchange.addresses["ws_url"],
                "PYKRAKEN_REST_URL": exchange.addresses["rest_url"],
                "PYKRAKEN_STATE_DIR": "/state",
                "PYKRAKEN_METRICS_PORT": str(port),
                "PYKRAKEN_METRICS_HOST": "127.0.0.1",
            }
            contained = Contained(root, folder / "acl/publisher.password", settings)
            try:
                observe(contained, server, folder, port)
            finally:
                if contained.process.poll() is None:
                    contained.process.kill()
                    contained.process.wait()


def observe(contained: Contained, server: RedisServer, folder: Path, port: int) -> None:
    """See that it lives, publishes what a reader can prove, cannot write, and stops in time."""
    python, check = "/opt/pykraken/bin/python", "/opt/pykraken/healthcheck.py"
    wait_until(lambda: answers(port, "/livez"), PATIENCE_S, "/livez of the publisher in the image")
    wait_until(lambda: server_has_entries(server, folder), PATIENCE_S, "the first entries")
    password = (folder / "acl/consumer.password").read_text()
    seen = 0
    with Client(server.url.replace("//", f"//consumer:{password}@")) as client:
        for event in client.follow("BTC/USD", "ETH/USD", depth=10):
            if isinstance(event.body, Update):
                assert event.book.is_valid
                seen += 1
            if seen == EVENTS:
                break
    print(f"a consumer outside proved {seen} updates")
    assert contained.execute(python, "-I", check).returncode == 0, "the health check"
    ready = contained.execute(python, "-I", check, "/readyz")
    assert "/readyz answers 200: leads" in ready.stderr, ready.stderr
    for command in COMMANDS:
        done = contained.execute("/opt/pykraken/bin/pykraken", command, "--help")
        assert done.returncode == 0, f"{command}: {done.stderr}"
    shell = contained.execute("/bin/sh", "-c", "true")
    assert "Permission denied" in shell.stderr, "there was a shell, so that one may have been used"
    print("every command answers in the image, without a shell:", *COMMANDS)
    code = "import os; open('/opt/written', 'w')"
    refused = contained.execute(python, "-c", code)
    assert "Read-only file system" in refused.stderr, refused.stderr
    doctor = contained.execute("/opt/pykraken/bin/pykraken", "doctor")
    print(doctor.stdout + doctor.stderr)
    assert doctor.returncode == 0, "the doctor in the image found something wrong"
    status = Path(f"/proc/{contained.first}/status").read_text()
    assert f"Uid:\t{USER}\t{USER}" in status
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    began = time.monotonic()
    assert contained.stop() == 0, (FOLDER / "publisher.log").read_text()[-3000:]
    print(f"told to stop, it ended with 0 after {time.monotonic() - began:.1f} s")


def server_has_entries(server: RedisServer, folder: Path) -> bool:
    """Tell whether both streams are there."""
    password = (folder / "acl/admin.password").read_text()
    with redis.Redis.from_url(server.url.replace("//", f"//admin:{password}@")) as client:
        keys = [f"{{kraken.{symbol}}}:book.10" for symbol in ("BTC/USD", "ETH/USD")]
        return bool(client.exists(*keys) == len(keys))


def main() -> int:
    """Build and rehearse; say what is missing."""
    missing = [name for name in ("buildah", "debootstrap", "setpriv") if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        print(f"NOT RUN: the image; needs root and apt-get install {' '.join(missing)}".strip())
        return 1 if os.environ.get("PYKRAKEN_REQUIRE_ALL") == "1" else 0
    (FOLDER / "tmp").mkdir(parents=True, exist_ok=True)
    stand_in()
    root = build()
    print(f"beyond its base the image holds {judge_files(root)} MB")
    with tempfile.TemporaryDirectory(prefix="pykraken-image-") as folder:
        rehearse(root, Path(folder))
    buildah("rm", "--all")
    print("not seen here: the real base image, a container engine, arm64")
    return 0


if __name__ == "__main__":
    sys.exit(main())
