"""Lets programs do the same work in turns, each run in a process of its own, and compares them.

Used by the scripts beside it. Needs Python 3.9 or newer and a network for the first run: the peers
come from PyPI into an environment of their own below `.firstclick/benchmarks`.
"""

import argparse
import multiprocessing
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / ".firstclick" / "benchmarks"
PEERS = ["duckdb==2.*", "polars==2.*"]


def arguments(description):
    """What the script was called with: `scale` of the input and measured `runs` of each program."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--scale", type=float, default=1, help="multiplies the size of the input")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each program")
    return parser.parse_args()


def run_in_environment():
    """Goes on in an environment that has the peers, made if need be; returns there."""
    environment = HOME / "python"
    python = environment / "bin" / "python"
    if pathlib.Path(sys.prefix) == environment:
        return
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    installed = environment / "peers.txt"
    if not installed.exists() or installed.read_text() != "\n".join(PEERS):
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        installed.write_text("\n".join(PEERS))
    os.execv(python, [python, *sys.argv])


def build(product):
    """The program, built with optimisation."""
    command = ["swift", "build", "-c", "release", "--package-path", ROOT]
    subprocess.run([*command, "--product", product], check=True, stdout=subprocess.DEVNULL)
    path = subprocess.run([*command, "--show-bin-path"], check=True, capture_output=True, text=True)
    return pathlib.Path(path.stdout.strip()) / product


def apart(function, *arguments):
    """Calls the function in a process of its own, and ends the script if that fails.

    A contender begins as a copy of this process, whose greatest memory then counts as its own: so
    whatever takes much is done elsewhere.
    """
    process = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        sys.exit(process.exitcode)


class Run:
    """What one run cost: seconds by the clock, seconds of all cores, peak memory in MB."""

    def __init__(self, command):
        with tempfile.TemporaryFile() as errors:
            start = time.monotonic()
            process = subprocess.Popen(
                [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=errors
            )
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds = time.monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                sys.exit(f"{command[0]} failed:\n{errors.read().decode()}")
        self.processor_seconds = usage.ru_utime + usage.ru_stime
        unit = 1 if platform.system() == "Darwin" else 1024
        self.megabytes = usage.ru_maxrss * unit / 1e6


def hold(contenders, runs):
    """Runs each contender `runs` times, taking turns, after one run to warm up; returns the runs.

    contenders: commands by name; the first one is what the others are compared with.
    """
    for command in contenders.values():
        Run(command)
    results = {name: [] for name in contenders}
    for _ in range(runs):
        for name, command in contenders.items():
            results[name].append(Run(command))
    return results


def report(results, title):
    """Prints a table of medians, and how they compare with the first contender's."""
    load = os.getloadavg()[0]
    print(f"{title}; {os.cpu_count()} cores, load {load:.1f}, medians of {len(next(iter(results.values())))}")
    print(f"{'':22}{'seconds':>9}{'(least - most)':>18}{'ratio':>8}{'cpu s':>8}{'ratio':>8}{'MB':>8}")
    first = None
    for name, runs in results.items():
        seconds = [run.seconds for run in runs]
        median = statistics.median(seconds)
        processor = statistics.median(run.processor_seconds for run in runs)
        megabytes = statistics.median(run.megabytes for run in runs)
        first = first or (median, processor)
        spread = f"({min(seconds):.2f} - {max(seconds):.2f})"
        print(
            f"{name:22}{median:9.2f}{spread:>18}{median / first[0]:8.2f}"
            f"{processor:8.2f}{processor / first[1]:8.2f}{megabytes:8.0f}"
        )
