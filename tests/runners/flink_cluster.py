"""A Flink cluster on this machine, of processes that a test may kill: one job manager, task managers, no container."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from pipeline.runners.child import EngineError, free_port
from pipeline.runners.flink import Cluster
from pipeline.settings.runner import FlinkSpec

# What the start scripts of a distribution open for the class loaders and serializers of Java 17.
OPENED = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        "java.lang", "java.net", "java.io", "java.nio", "sun.nio.ch", "java.lang.reflect", "java.text", "java.time",
        "java.util", "java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks",
    )
]  # fmt: skip
EXPORTED = [
    f"--add-exports={package}=ALL-UNNAMED"
    for package in (
        "java.base/sun.net.util", "java.rmi/sun.rmi.registry", "jdk.compiler/com.sun.tools.javac.api",
        "java.security.jgss/sun.security.krb5",
    )
]  # fmt: skip
JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
START = 90.0  # seconds that a cluster may take to be whole


class FlinkCluster:
    """A session cluster on loopback, that keeps its checkpoints in a folder.

    Args:
        distribution: folder with ``lib/*.jar``.
        folder: for checkpoints, savepoints, logs and configuration.
        task_managers: how many.
        slots: of each.
    """

    def __init__(self, distribution: Path, folder: Path, *, task_managers: int = 2, slots: int = 2) -> None:
        self.folder, self._jars = folder, f"{distribution}/lib/*"
        self._wanted, self._slots = task_managers, slots
        self.rest, self._rpc = free_port(), free_port()
        self.checkpoints = folder / "checkpoints"
        self.savepoints = folder / "savepoints"
        self._started = 0
        self._job_manager: subprocess.Popen[bytes] | None = None
        self._task_managers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.start_job_manager()
        for _ in range(self._wanted):
            self.start_task_manager()
        try:
            self.await_task_managers(self._wanted)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        running = [process for process in (*self._task_managers, self._job_manager) if process]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def spec(self) -> FlinkSpec:
        """The settings of a runner on this cluster."""
        return FlinkSpec(
            master=f"127.0.0.1:{self.rest}",
            checkpoints=str(self.checkpoints),
            savepoints=str(self.savepoints),
        )

    @property
    def asked(self) -> Cluster:
        return Cluster(self.spec)

    def start_job_manager(self) -> None:
        self._job_manager = self._start("job-manager", JOB_MANAGER, "512m")

    def start_task_manager(self) -> None:
        self._started += 1
        name = f"task-manager-{self._started}"
        self._task_managers.append(self._start(name, TASK_MANAGER, "512m"))

    def kill_task_manager(self, index: int = 0) -> None:
        """As a machine goes: without a word to anyone."""
        self._kill(self._task_managers.pop(index))

    def kill_job_manager(self) -> None:
        if self._job_manager:
            self._kill(self._job_manager)
        self._job_manager = None

    def await_task_managers(self, number: int, seconds: float = START) -> None:
        until = time.monotonic() + seconds
        said = ""
        while time.monotonic() < until:
            try:
                here = self.asked.task_managers()
            except EngineError as error:
                said = str(error)
            else:
                if here == number:
                    return
                said = f"{here} task managers"
            time.sleep(0.3)
        raise AssertionError(f"no cluster of {number} task managers in {seconds:.0f} s: {said}\n{self.log()}")

    def log(self) -> str:
        return "\n".join(
            f"{file.name}:\n{file.read_text(errors='replace')[-3000:]}" for file in self.folder.glob("*.log")
        )

    def _start(self, name: str, entry: str, heap: str) -> subprocess.Popen[bytes]:
        conf = self.folder / "conf" / name
        conf.mkdir(parents=True, exist_ok=True)
        (conf / "config.yaml").write_text(self._config(name), encoding="utf-8")
        (conf / "log4j.properties").write_text(
            "rootLogger.level=INFO\nrootLogger.appenderRef.out.ref=out\nappender.out.name=out\n"
            "appender.out.type=Console\nappender.out.layout.type=PatternLayout\n"
            "appender.out.layout.pattern=%d %-5p %c{1} %m%n\n",
            encoding="utf-8",
        )
        java = shutil.which("java")
        assert java
        command = [
            java, f"-Xmx{heap}", *OPENED, *EXPORTED, f"-Dlog4j.configurationFile={conf / 'log4j.properties'}",
            "-cp", self._jars, entry, "--configDir", str(conf),
        ]  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def _config(self, name: str) -> str:
        temp = self.folder / "tmp" / name
        temp.mkdir(parents=True, exist_ok=True)
        said: dict[str, object] = {
            "jobmanager.rpc.address": "127.0.0.1",
            "jobmanager.rpc.port": self._rpc,
            "jobmanager.bind-host": "127.0.0.1",
            "jobmanager.memory.process.size": "1200m",
            "rest.address": "127.0.0.1",
            "rest.bind-address": "127.0.0.1",
            "rest.port": self.rest,
            "taskmanager.host": "127.0.0.1",
            "taskmanager.bind-host": "127.0.0.1",
            "taskmanager.numberOfTaskSlots": self._slots,
            # Started without the scripts that would work these out.
            "taskmanager.cpu.cores": 1.0,
            "taskmanager.memory.framework.heap.size": "128m",
            "taskmanager.memory.framework.off-heap.size": "128m",
            "taskmanager.memory.jvm-metaspace.size": "256m",
            "taskmanager.memory.jvm-overhead.min": "192m",
            "taskmanager.memory.jvm-overhead.max": "192m",
            "taskmanager.memory.task.heap.size": "256m",
            "taskmanager.memory.task.off-heap.size": "64m",
            "taskmanager.memory.network.min": "64m",
            "taskmanager.memory.network.max": "64m",
            "taskmanager.memory.managed.size": "64m",
            "heartbeat.interval": "1000",
            "heartbeat.timeout": "15000",
            # A manager that came back is not kept waiting.
            "cluster.registration.error-delay": "1 s",
            "cluster.registration.refused-registration-delay": "1 s",
            "execution.checkpointing.dir": self.checkpoints.as_uri(),
            "execution.checkpointing.savepoint-dir": self.savepoints.as_uri(),
            "restart-strategy.type": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": 100,
            "restart-strategy.fixed-delay.delay": "1 s",
            "io.tmp.dirs": temp,
            "high-availability.type": "NONE",
        }
        return "".join(f"{key}: {value}\n" for key, value in said.items())

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


class WorkerPool:
    """Beam's worker pool in a process of its own, as it runs beside a task manager."""

    def __init__(self, environ: dict[str, str] | None = None) -> None:
        self.port = free_port()
        # The pool starts its workers as `python`: the one of these tests must come first.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "apache_beam.runners.worker.worker_pool_main",
                f"--service_port={self.port}",
            ],
            env=os.environ | {"PATH": path} | (environ or {}),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """The processes that carry steps now."""
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(pid) for pid in listed.stdout.split()]

    def kill_worker(self) -> None:
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)
