"""`make runners`: the engines that are no Python packages, built or fetched by pin into one folder.

Never fails the build: what is out of reach is said, and the tests that need it are skipped with that reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

PINS = Path(__file__).with_name("engines.toml")
MAVEN = "https://repo1.maven.org/maven2"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LONGEST = 1800  # seconds that a build or a download may take


class OutOfReachError(Exception):
    """It cannot be had here: in one line, why."""


def prism(pin: dict[str, Any], folder: Path) -> None:
    """Build Prism with Go, from the module whose sum is pinned."""
    target = folder / "prism"
    stamp = folder / ".prism"
    wanted = f"{pin['version']} {pin['sum']}"
    if target.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return
    if shutil.which("go") is None:
        raise OutOfReachError("no `go` on PATH; it is built with Go (https://go.dev/doc/install)")
    told = json.loads(_ran("go", "mod", "download", "-json", f"{pin['module']}@{pin['version']}") or "{}")
    if told.get("Sum") != pin["sum"]:
        raise OutOfReachError(f"the module's sum is {told.get('Sum')}, not the pinned {pin['sum']}")
    _ran("go", "install", f"{pin['module']}/go/cmd/prism@{pin['version']}", GOBIN=str(folder.absolute()))
    stamp.write_text(wanted)


def job_server(pin: dict[str, Any], folder: Path) -> None:
    """Fetch Beam's job server for Flink from a Maven repository, held against the checksum published there."""
    group, name, version = pin["artifact"].split(":")
    target = folder / f"{name}-{version}.jar"
    if target.is_file():
        return _hold(target, "sha256", pin["sha256"])
    if shutil.which("mvn"):
        # Maven knows the mirrors and proxies of this machine; -C makes a wrong checksum an error.
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            _ran(
                "mvn",
                "-q",
                "-B",
                "-C",
                "dependency:copy",
                f"-Dartifact={pin['artifact']}",
                f"-DoutputDirectory={fresh}",
            )
            _hold(Path(fresh) / target.name, "sha256", pin["sha256"])
            (Path(fresh) / target.name).rename(target)
        return None
    base = os.environ.get("TOCSIN_MAVEN", MAVEN).rstrip("/")
    url = f"{base}/{group.replace('.', '/')}/{name}/{version}/{target.name}"
    kind, published = _published(url)
    part = target.with_suffix(".part")
    with _opened(url) as answer, part.open("wb") as file:
        shutil.copyfileobj(answer, file)
    _hold(part, kind, published)
    _hold(part, "sha256", pin["sha256"])
    part.rename(target)
    return None


def flink(pin: dict[str, Any], folder: Path) -> None:
    """Fetch Flink's jars from PyPI, by hash, and unpack those that a cluster needs."""
    target = folder / f"flink-{pin['version']}"
    if target.is_dir():
        return
    name = f"{pin['package'].replace('-', '_')}-{pin['version']}.tar.gz"
    with tempfile.TemporaryDirectory(dir=folder) as work:
        wanted = Path(work) / "wanted.txt"
        wanted.write_text(f"{pin['package']}=={pin['version']} --hash=sha256:{pin['sha256']}\n")
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", "download")
        _ran(*pip, "--no-deps", "--no-binary", ":all:", "--require-hashes", "-r", str(wanted), "-d", work)
        unpack(Path(work) / name, Path(work) / "flink", pin["sha256"])
        (Path(work) / "flink").rename(target)


def unpack(archive: Path, target: Path, sha256: str) -> None:
    """Take the jars out of the package of Flink, after holding it against its hash."""
    _hold(archive, "sha256", sha256)
    (target / "lib").mkdir(parents=True)
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.isfile() and "/deps/lib/" in member.name and member.name.endswith(".jar"):
                member.name = Path(member.name).name
                packed.extract(member, target / "lib", filter="data")


def _published(url: str) -> tuple[str, str]:
    for kind in ("sha512", "sha256", "sha1"):
        try:
            with _opened(f"{url}.{kind}") as answer:
                return kind, answer.read(1000).decode().split()[0]
        except OutOfReachError as error:
            missing = error
    raise OutOfReachError(f"no checksum is published beside it ({missing})")


def _opened(url: str) -> Any:
    try:
        return urllib.request.urlopen(url, timeout=60)  # noqa: S310 - the address of a repository, said by us or the user
    except (urllib.error.URLError, OSError) as error:
        raise OutOfReachError(f"{url.rpartition('/')[2]}: {error}") from error


def _hold(file: Path, kind: str, wanted: str) -> None:
    if not wanted:
        return
    if not file.is_file():
        raise OutOfReachError(f"{file.name} was not delivered")
    with file.open("rb") as body:
        found = hashlib.file_digest(body, kind).hexdigest()
    if found != wanted:
        file.unlink()
        raise OutOfReachError(f"{file.name} has the {kind} {found}, not {wanted}: it is not kept")


def _ran(*command: str, **environ: str) -> str:
    try:
        done = subprocess.run(
            command, env=os.environ | environ, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise OutOfReachError(f"{command[0]} took longer than {LONGEST} s") from None
    if done.returncode:
        lines = _COLOUR.sub("", f"{done.stderr}\n{done.stdout}").splitlines()
        said = [line.strip() for line in lines if line.strip()] or ["it does not say why"]
        error = next((line for line in said if "ERROR" in line and len(line) > len("[ERROR] ")), said[0])
        raise OutOfReachError(f"{command[0]}: {error[:300]}")
    return done.stdout


def main(folder: Path) -> int:
    """Get what can be had; say what cannot."""
    pins = tomllib.loads(PINS.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    lacking = folder / "out-of-reach.json"
    missing: dict[str, str] = {}
    steps: list[tuple[str, str, Callable[[dict[str, Any], Path], None]]] = [
        ("prism", "Prism", prism),
        ("job-server", "Beam's job server for Flink", job_server),
        ("flink", "Flink", flink),
    ]
    for key, called, get in steps:
        if key == "flink" and "job-server" in missing:
            # 312 MB that nothing could be run on.
            missing[key] = "not fetched, since its job server is out of reach"
        else:
            print(f"{called} ...", flush=True)
            try:
                get(pins[key], folder)
            except OutOfReachError as error:
                missing[key] = str(error)
        print(f"  {missing.get(key, 'here')}", flush=True)
    lacking.write_text(json.dumps(missing, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
