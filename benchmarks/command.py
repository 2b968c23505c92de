"""Running a management command in a process of its own, and what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labeling.models import Job

LOOK_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that ended well: what it said (JSON), and what it took.

    `seconds` are those of the command, `job_seconds` those of the job in it, as a worker that is started already would take;
    `cpu_seconds` are its processor's, the database's not among them; `peak_mib` is the most memory it had.
    """

    said: Any
    seconds: float
    job_seconds: float
    cpu_seconds: float
    peak_mib: int

    def describe(self) -> dict[str, Any]:
        """The figures for the table, with the load of the machine."""
        return {
            "seconds": round(self.seconds, 1),
            "job_seconds": round(self.job_seconds, 1),
            "cpu_seconds": round(self.cpu_seconds, 1),
            "peak_mib": self.peak_mib,
            "load": round(os.getloadavg()[0], 1),
        }


def run_command(*arguments: str) -> Ran:
    """Run `manage.py` with `arguments`, which ask for JSON and make it do one job; SystemExit if it fails."""
    began, peak_kib = time.monotonic(), 0
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([sys.executable, "manage.py", *arguments], stdout=output, env={**os.environ, "LOG_LEVEL": "WARNING"})
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            # The rusage of a process counts the memory of the one that started it, too.
            peak_kib = max(peak_kib, read_peak_kib(process.pid))
            time.sleep(LOOK_S)
        seconds, usage = time.monotonic() - began, ended[2]
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed: {said[-2000:]!r}")
    job = Job.objects.filter(started_at__isnull=False).latest("pk")
    job_s = (job.finished_at - job.started_at).total_seconds() if job.started_at and job.finished_at else seconds
    cpu_s = usage.ru_utime + usage.ru_stime
    return Ran(said=json.loads(said), seconds=seconds, job_seconds=job_s, cpu_seconds=cpu_s, peak_mib=peak_kib // 1024)


def read_peak_kib(pid: int) -> int:
    """The most memory that a process has had so far; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) if found else 0
