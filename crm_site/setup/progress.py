"""Shows a numbered list of steps while they run; what they print goes to a log whose end is shown on failure."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time

TAIL = 30
BEAT = 0.15
PLAIN_BEAT = 30


class StepFailed(Exception):
    """A step ended badly; the message is what the person should read."""


class Steps:
    """Runs commands one after the other as step n of m, with a bar on a terminal and plain lines elsewhere.

    total: how many steps will be taken. log: path of the file that receives all output of the children.
    """

    def __init__(self, total, log, out=None):
        self.total, self.number, self.log = total, 0, log
        self.out = out or sys.stdout
        self.live = self.out.isatty() and os.environ.get("TERM") != "dumb"
        self.full, self.empty = ("█", "░") if "utf" in (self.out.encoding or "").lower() else ("#", ".")
        self.started = time.monotonic()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("", encoding="utf-8")

    def run(self, name, *command, env=None, hint="", soft=False):
        """One step: the command's exit code must be 0, else StepFailed with the end of its output.

        soft: a failure is answered with False instead, for steps that have a second way.
        """
        self._begin(name)
        begun = time.monotonic()
        code, lines = self._watch(name, [str(part) for part in command], env, begun)
        if code == 0:
            self._end(name, f"{time.monotonic() - begun:.1f} s")
            return True
        if soft:
            self.number -= 1
            self._end(name, "did not work, trying another way")
            return False
        self._end(name, "FAILED")
        end = "\n".join("    " + line for line in lines[-TAIL:])
        raise StepFailed("\n".join(part for part in (end, hint, f"The whole output is in {self.log}.") if part))

    def done(self, name, why):
        """A step that needs no work this time."""
        self._begin(name)
        self._end(name, why)

    def _watch(self, name, command, env, begun):
        """Runs the command, keeping its lines; returns its exit code and the lines."""
        lines, arrived, shown = [], queue.SimpleQueue(), 0.0
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(command)}\n")
            child = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            reader = threading.Thread(target=_read, args=(child.stdout, arrived), daemon=True)
            reader.start()
            try:
                while reader.is_alive() or not arrived.empty():
                    with contextlib.suppress(queue.Empty):
                        lines.append(arrived.get(timeout=BEAT))
                        log.write(lines[-1] + "\n")
                        log.flush()
                        if not arrived.empty():
                            continue
                    shown = self._tick(name, begun, lines[-1] if lines else "", shown)
                return child.wait(), lines
            except BaseException:
                _stop(child)
                raise

    def _begin(self, name):
        self.number += 1
        if self.live:
            self._draw(name, 0.0, "")
        else:
            self._line(f"[{self.number}/{self.total}] {name} ...")

    def _tick(self, name, begun, last, shown):
        """Keeps the display alive; on a plain log only a word now and then. Returns when it last spoke."""
        passed = time.monotonic() - begun
        if self.live:
            self._draw(name, passed, last)
        elif passed - shown > PLAIN_BEAT:
            self._line(f"[{self.number}/{self.total}] {name} ... {passed:.0f} s")
            return passed
        return shown

    def _end(self, name, result):
        if self.live:
            self.out.write("\r\x1b[2K")
        self._line(f"[{self.number}/{self.total}] {name}: {result}")

    def _draw(self, name, passed, last):
        width = os.get_terminal_size(self.out.fileno()).columns
        filled = round(20 * (self.number - 1) / self.total)
        head = f"[{self.number}/{self.total}] {self.full * filled}{self.empty * (20 - filled)} {name} {passed:4.1f} s  "
        self.out.write("\r\x1b[2K" + head[: width - 1] + last[: max(0, width - len(head) - 1)])
        self.out.flush()

    def _line(self, text):
        self.out.write(text + "\n")
        self.out.flush()

    def summary(self):
        """Seconds since the first step."""
        return time.monotonic() - self.started


def _read(pipe, arrived):
    """Moves whole lines from a child's pipe to the queue; a carriage return starts a new line too."""
    with pipe:
        for raw in pipe:
            arrived.put(raw.decode("utf-8", "replace").rstrip().rpartition("\r")[2])


def _stop(child):
    """Ends a child whose step was interrupted."""
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()
