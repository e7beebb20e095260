#!/usr/bin/env python3
"""Measures every row of the budgets, one after the other, and prints one table.

Each row runs the command that it names; nothing is taken from an earlier run. A row that cannot be measured here is in the
table with its reason, and makes the whole fail, as one does that misses its budget. Only Python's own library is used.

    bench/table.py --target target                       all rows
    bench/table.py --target target --only split,predict  some of them
    bench/table.py --target target --without build       all but this one, which is then "not measured"
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Unmeasured(Exception):
    """Why a row has no figure."""


def run(command, cwd=ROOT, env=None, quiet=False):
    """What a command prints; its own messages go where ours go. It has to succeed."""
    shown = " ".join(str(part) for part in command)
    if not quiet:
        print(f"… {shown}", file=sys.stderr, flush=True)
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Unmeasured(f"`{shown}` ended with {done.returncode}: see its message above")
    return done.stdout


def pinned(cpus, command):
    """The command on these processors, where the system can say so."""
    enough = (os.cpu_count() or 1) > max(int(cpu) for cpu in cpus.split(","))
    return ["taskset", "-c", cpus, *command] if enough and shutil.which("taskset") else list(command)


def found(pattern, text):
    match = re.search(pattern, text)
    if not match:
        raise Unmeasured(f"the program did not print {pattern!r}")
    return float(match.group(1))


class Bench:
    """Where the programs are, and what several rows share."""

    def __init__(self, target):
        self.bin = pathlib.Path(target).resolve() / "release"
        self.target = pathlib.Path(target).resolve()
        self._whole = None

    def program(self, name):
        return str(self.bin / name)

    # Each row returns a list of (what, budget, figure, met).

    def split(self):
        out = run(pinned("0,1,2,3", [self.program("dataproc-job"), "bench", "--posts", "1000000", "--peers", "--json"]))
        programs = {line["name"]: line for line in json.loads(out.splitlines()[-1])["programs"]}
        own = programs.pop("quarterday")
        speed = own["posts"] / own["wall_s"]
        rows = []
        for peer, goal in (("pandas", 25), ("polars", 3), ("duckdb", None)):
            line = next((line for name, line in programs.items() if name.lower().startswith(peer)), None)
            if line is None:
                rows.append((f"split beside {peer}", f"≥ {goal} times" if goal else "–", "not installed", goal is None))
                continue
            times = line["wall_s"] / own["wall_s"]
            figure = f"{times:.1f} times ({speed:,.0f} posts/s; {line['name']} {line['posts'] / line['wall_s']:,.0f})"
            rows.append((f"split beside {peer}", f"≥ {goal} times" if goal else "–", figure, goal is None or times >= goal))
        out = run(pinned("0,1,2,3", [self.program("dataproc-job"), "bench", "--posts", "5000000", "--json"]))
        large = json.loads(out.splitlines()[-1])["programs"][0]
        growth = large["peak_bytes"] / own["peak_bytes"]
        figure = f"{own['peak_bytes'] / 1e6:,.0f} MB at 1 M posts, {large['peak_bytes'] / 1e6:,.0f} at 5 M"
        rows.append(("split, memory", "bounded: < twice at 5 times", figure, growth < 2))
        return rows

    def collector(self):
        out = run(pinned("2,3", [self.program("collector"), "bench"]))
        seconds, peak = found(r"posts in ([\d.]+) s", out), found(r"collect: (\d+) MiB resident at most", out)
        posts, over = found(r"collect: (\d+) posts", out), found(r"requests, (\d+) over a limit", out)
        megabytes = peak * 1.048576
        met = seconds <= 120 and megabytes <= 300 and posts >= 1_000_000 and over == 0
        figure = f"{posts:,.0f} posts in {seconds:.1f} s, {megabytes:.0f} MB, {over:.0f} over a limit"
        return [("collector, 1,000,000 posts", "≤ 120 s, ≤ 300 MB", figure, met)]

    def predict(self):
        out = run(pinned("0,2", [self.program("ml-vm"), "bench", "--part", "predict"]))
        # Seconds and MiB are told apart by their units, whatever the figures are called.
        seconds, memory = found(r"(?m): ([\d.]+) s\s*$", out), found(r"(?m): (\d+) MiB\s*$", out) * 1.048576
        figure = f"{seconds:.1f} s, {memory:.0f} MB"
        return [("predict, 500 assets", "≤ 60 s, ≤ 1 GB", figure, seconds <= 60 and memory <= 1000)]

    def var(self):
        venv = self.target / "peers"
        made = subprocess.run([sys.executable, "-m", "venv", str(venv)]).returncode == 0 and subprocess.run(
            [str(venv / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "-r", "bench/ml-requirements.txt"],
            cwd=ROOT,
        ).returncode == 0
        if not made:
            raise Unmeasured("numpy cannot be installed (bench/ml-requirements.txt)")
        out = run(pinned("1", [self.program("ml-vm"), "bench", "--part", "var", "--peers", "--python", str(venv / "bin/python")]))
        rows = []
        for line in out.splitlines():
            times = re.search(r"numpy.*, ([\d.]+) times", line)
            if not times:
                continue
            what = line.split(":")[0]
            goal = 20 if "standard error" in what else 10
            rows.append((f"{what}, beside numpy", f"≥ {goal} times", f"{times.group(1)} times", float(times.group(1)) >= goal))
        if len(rows) < 4:
            raise Unmeasured("numpy's figures are missing")
        # The program refuses to print figures that differ with the number of workers.
        tried = found(r"numbers of workers that gave the same figure: (\d+)", out)
        rows.append(("var, any number of workers", "the same figure", f"the same for {tried:.0f} numbers of workers", tried >= 5))
        return rows

    def site(self):
        web = self.program("web")
        even = json.loads(run([web, "bench", "--json"]).splitlines()[-1])
        rows = [(
            "a page at 1,000 requests/s", "p99 ≤ 100 ms",
            f"p99 {even['p99_ms']:.0f} ms, p50 {even['p50_ms']:.1f} ms, {even['failures']} failed",
            even["p99_ms"] <= 100 and even["failures"] == 0,
        )]
        crowd = json.loads(run(["bash", "-c", f"ulimit -n $(ulimit -Hn) && exec {web} load --users 10000 --json"]).splitlines()[-1])
        rows.append((
            "10,000 users", "no failed request",
            f"{crowd['failures']} of {crowd['requests']:,} failed, p50 {crowd['p50_ms']:.0f} ms, p99 {crowd['p99_ms']:.0f} ms",
            crowd["failures"] == 0,
        ))
        return rows

    def whole(self):
        """A slot of 500 assets through all stages, in an installation of its own; once, for two rows."""
        if self._whole is None:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="quarterday-bench-"))
            try:
                world, home = folder / "world", folder / "home"
                run([self.program("sandbox"), "generate", "--seed", "7", "--days", "1", "--start", "2026-01-05",
                     "--assets", "500", "--posts-per-slot", "50000", "--out", str(world)])
                begun = time.monotonic()
                out = run([self.program("quarterday"), "run", "--slot", "2026-01-05T12Z", "--world", str(world),
                           "--home", str(home), "--json"])
                wall = time.monotonic() - begun
                report = json.loads(out.splitlines()[-1])["runs"][0]
                if report["status"] != "succeeded":
                    raise Unmeasured(f"the run is {report['status']}")
                stages = {stage["stage"]: stage["duration_ms"] / 1000 for stage in report["stages"]}
                self._whole = (wall, stages)
            except Unmeasured as error:
                self._whole = error
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        if isinstance(self._whole, Unmeasured):
            raise self._whole
        return self._whole

    def publish(self):
        _, stages = self.whole()
        # The next page after that shows the slot: publishing forgets what the site knew.
        return [("publish: from the end of predict until it is published", "≤ 10 s", f"{stages['publish']:.1f} s", stages["publish"] <= 10)]

    def run(self):
        wall, stages = self.whole()
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items())
        figure = f"{wall:.0f} s with the start of all programs ({parts})"
        return [("whole run, 500 assets", "≤ 300 s", figure, wall <= 300)]

    def weight(self):
        home = self.target / "bench-site"
        run(["npm", "--prefix", "bench/lighthouse", "ci", "--silent", "--no-audit", "--no-fund"])
        out = run(["node", "bench/lighthouse/measure.mjs", "--program", self.program("web"), "--home", str(home), "--weight"])
        pages = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        if not pages:
            raise Unmeasured("no page was weighed")
        heaviest = max(pages, key=lambda page: page["bytes"])
        figure = f"{heaviest['bytes'] / 1000:.0f} kB, {heaviest['page']}, the heaviest of {len(pages)}"
        return [("page weight, first view", "≤ 250 kB", figure, heaviest["bytes"] <= 250_000)]

    def build(self):
        """A clean clone with nothing built: what continuous integration does. It takes as long as it says."""
        with tempfile.TemporaryDirectory(prefix="quarterday-clean-") as folder:
            run(["git", "clone", "--quiet", str(ROOT), f"{folder}/clone"])
            begun = time.monotonic()
            run(["make", "test"], cwd=f"{folder}/clone", env={"CARGO_TARGET_DIR": f"{folder}/clone/target"})
            minutes = (time.monotonic() - begun) / 60
        return [("clean build and test", "≤ 45 min", f"{minutes:.1f} min", minutes <= 45)]


ROWS = ["split", "collector", "predict", "var", "site", "publish", "run", "weight", "build"]


def names(text):
    chosen = [name for name in text.split(",") if name]
    unknown = [name for name in chosen if name not in ROWS]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no row {', '.join(unknown)}: name some of {', '.join(ROWS)}")
    return chosen


def machine():
    """What the figures were measured on."""
    info = pathlib.Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    model = re.search(r"model name\s*:\s*(.*)", text)
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} processors, {model.group(1) if model else 'unknown'}, load {load:.1f} at the beginning"


def main():
    parser = argparse.ArgumentParser(description="Measures every row of the budgets and prints one table.")
    parser.add_argument("--target", default="target", help="the target folder with release programs")
    parser.add_argument("--only", type=names, default=ROWS, help=f"these rows: {','.join(ROWS)}")
    parser.add_argument("--without", type=names, default=[], help="all but these rows")
    args = parser.parse_args()
    bench = Bench(args.target)
    on, begun = machine(), datetime.datetime.now(datetime.timezone.utc)
    lines, good = [], True
    for row in ROWS:
        if row not in args.only or row in args.without:
            lines.append((row, "", "not measured: left out", ""))
            continue
        try:
            rows = getattr(bench, row)()
        except (Unmeasured, OSError, ValueError, KeyError, IndexError) as error:
            rows = [(row, "", f"not measured: {error}", False)]
        for what, budget, figure, met in rows:
            good &= met
            lines.append((what, budget, figure, "yes" if met else "NO"))
    print(f"\n{begun:%Y-%m-%d %H:%M} UTC, {on}\n")
    heads = ("what", "budget", "measured", "met")
    widths = [max(len(line[at]) for line in [heads, *lines]) for at in range(4)]
    for line in [heads, tuple("-" * width for width in widths), *lines]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
