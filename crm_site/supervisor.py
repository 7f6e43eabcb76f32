"""Keeps the processes of the product running as children: restarts what crashes, stops everything together."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

LOG_CAP_BYTES = 5_000_000
POLL_SECONDS = 0.2
STEADY_SECONDS = 60  # a child that ran this long is forgiven its earlier crashes
LONGEST_PAUSE = 30
GRACE_SECONDS = 12  # the night is safe to kill: what is not published is taken up again
POSIX = os.name == "posix"
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process to keep alive; its output goes to `log`."""

    name: str
    command: list
    log: Path
    process: subprocess.Popen = None
    born: float = 0.0
    crashes: int = 0
    due: float = 0.0

    def start(self, at):
        """Starts it in a process group of its own, so that it can be ended with everything it started."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_CAP_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                **({"process_group": 0, "preexec_fn": _die_with_parent} if POSIX else {}),
            )
        self.born = at

    def signal(self, number):
        """To the child and everything it started; a group that is already gone is no error."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if POSIX:
                os.killpg(self.process.pid, number)
            elif self.process.poll() is None:
                self.process.terminate()

    def tail(self, lines=15):
        """The end of its log, for the person who has to understand a crash."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(f"  {self.name} | {line}" for line in text.splitlines()[-lines:])


def _die_with_parent():
    """On Linux the kernel ends the child when the supervisor itself is killed, so that nothing is orphaned."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Supervisor:
    """Starts the children and watches them until told to stop.

    say: called with each line for the person. children: in the order they start.
    """

    children: list
    say: object
    stopping: bool = False
    signals: tuple = field(default=(signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if POSIX else ())))

    def run(self, when_started=None):
        """Blocks until a stop signal, then stops all children. when_started: called once after the start."""
        before = {number: signal.signal(number, self._stop) for number in self.signals}
        try:
            for child in self.children:
                child.start(time.monotonic())
            if when_started:
                when_started()
            while not self.stopping:
                self._look_after()
                time.sleep(POLL_SECONDS)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, *_):
        self.stopping = True

    def _look_after(self):
        """One round: notices crashes, plans the restart after a pause that doubles, restarts what is due."""
        at = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._crashed(child, at)
            elif child.process is None and at >= child.due:
                child.start(at)
                self.say(f"{child.name} restarted.")

    def _crashed(self, child, at):
        child.signal(signal.SIGKILL if POSIX else signal.SIGTERM)  # what it left behind in its group
        child.crashes = 1 if at - child.born > STEADY_SECONDS else child.crashes + 1
        pause = min(LONGEST_PAUSE, 2 ** (child.crashes - 1))
        child.due, code, child.process = at + pause, child.process.returncode, None
        self.say(f"{child.name} ended unexpectedly (exit code {code}); starting again in {pause} s. Its last lines:")
        self.say(child.tail())

    def _end_all(self):
        """Asks all at once, waits the grace together, then insists."""
        alive = [child for child in self.children if child.process is not None]
        for child in alive:
            child.signal(signal.SIGTERM)
        end = time.monotonic() + GRACE_SECONDS
        for child in alive:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.0, end - time.monotonic()))
        for child in alive:
            child.signal(signal.SIGKILL if POSIX else signal.SIGTERM)
            child.process.wait()
