"""Plants known bugs in the sources and sees that the simulator catches every one of them.

A campaign of seeds that ends green says little by itself: perhaps nothing was wrong, perhaps nobody
looked. So each file `*.mutant` beside this one holds a bug that somebody could have written, and
the green of a campaign counts while all of them are caught.

All bugs are planted in one copy of the tree, each behind a condition, and an environment variable
says which one is alive ("mutant schemata": Untch, Offutt, Harrold, "Mutation analysis using mutant
schemata", ISSTA 1993). So the tree is built once and not once per mutant, and the run without any
goes through the same binary.

A mutant file, several edits one after the other:

    breaks: What goes wrong, in a sentence.
    --- in Sources/Room/File.swift
    text that occurs in the file exactly once
    --- put
    text in its place, in which PLANTED is true while this mutant is alive
"""

import argparse
import concurrent.futures
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
MUTANTS = Path(__file__).resolve().parent
SCRATCH = TOP / ".build-mutants"
SWITCH = "CAIRN_MUTANT"
SWITCH_FILE = "Sources/Basics/Planted.swift"
SWITCH_SOURCE = f"""// Which planted bug is alive; only in the copy of the tree that Tests/Mutants builds.

import Glibc

private let alive: Int =
    if let text = unsafe getenv("{SWITCH}") {{
        unsafe Int(String(cString: text)) ?? 0
    }} else {{
        0
    }}

/// True when the planted bug of this number is alive.
public func planted(_ number: Int) -> Bool {{ alive == number }}
"""
# A seed takes a fraction of a second; one that says nothing for so long will never end.
HANG_SECONDS = 90


class Mutant:
    def __init__(self, path):
        self.name = path.stem
        self.number = 0
        self.edits = []
        parts = re.split(r"^--- (in .+|put)\n", path.read_text(), flags=re.M)
        match = re.fullmatch(r"breaks: (.+)", " ".join(parts[0].split()))
        if not match or len(parts) < 5 or (len(parts) - 1) % 4:
            raise SystemExit(f"{path.name}: not a mutant file; see {Path(__file__).name}")
        self.breaks = match.group(1)
        for place, find, put, replacement in zip(*[iter(parts[1:])] * 4):
            if not place.startswith("in ") or put != "put" or "PLANTED" not in replacement:
                raise SystemExit(f"{path.name}: wants `--- in FILE`, then `--- put` with PLANTED")
            self.edits.append((place[3:].strip(), find, replacement))


def read_mutants():
    mutants = [Mutant(path) for path in sorted(MUTANTS.glob("*.mutant"))]
    for number, mutant in enumerate(mutants, 1):
        mutant.number = number
    return mutants


def plant(mutants):
    """The texts of the files that have a bug planted, and what is wrong with the mutants."""
    faults, spots = [], {}
    for mutant in mutants:
        for name, find, replacement in mutant.edits:
            path = TOP / name
            count = path.read_text().count(find) if path.is_file() else 0
            if count != 1:
                faults.append(f"{mutant.name}: its text is {count} times in {name}, not once:\n{find}")
                continue
            start = path.read_text().index(find)
            guarded = replacement.replace("PLANTED", f"planted({mutant.number})")
            spots.setdefault(name, []).append((start, start + len(find), guarded, mutant.name))
    texts = {}
    for name, places in spots.items():
        text, places = (TOP / name).read_text(), sorted(places)
        for (_, end, _, one), (start, _, _, other) in zip(places, places[1:]):
            if start < end:
                faults.append(f"{one} and {other} change the same lines of {name}")
        for start, end, guarded, _ in reversed(places):
            text = text[:start] + guarded + text[end:]
        if not name.startswith("Sources/Basics/") and "import CairnBasics" not in text:
            text = "import CairnBasics\n" + text
        texts[name] = text
    return texts, faults


def copy_tree(texts):
    """Brings the copy up to date and touches no file that is as it should be, for the build's sake."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", "Package.swift", "Sources", "Tests",
         "loadtest"], cwd=TOP, check=True, capture_output=True, text=True).stdout.splitlines()
    wanted = {name: (TOP / name).read_bytes() for name in listed if (TOP / name).is_file()}
    wanted |= {name: text.encode() for name, text in texts.items()}
    wanted[SWITCH_FILE] = SWITCH_SOURCE.encode()
    tree = SCRATCH / "tree"
    for path in tree.rglob("*") if tree.is_dir() else []:
        if path.is_file() and path.name != "Package.resolved":
            if str(path.relative_to(tree)) not in wanted:
                path.unlink()
    for name, content in wanted.items():
        path = tree / name
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tree


def build(tree, jobs):
    began = time.monotonic()
    command = ["swift", "build", "--package-path", str(tree), "--scratch-path",
               str(SCRATCH / "build"), "-c", "release", "--product", "simulate", "-j", str(jobs)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stdout[-8000:] + result.stderr[-2000:] + "the mutants do not build")
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)
    return SCRATCH / "build" / "release" / "simulate"


class Outcome:
    def __init__(self, how, seed, what, seconds, red):
        self.how, self.seed, self.what, self.seconds = how, seed, what, seconds
        # All seeds that went wrong, when the run did not stop at the first.
        self.red = red

    @property
    def is_caught(self):
        return self.how in ("fault", "trap", "hang")


def run(binary, number, first, count, stops=True):
    """Runs seeds with one mutant alive and tells how it ended: well, or by fault, trap or hang."""
    began, seed, last_ok, fault = time.monotonic(), first, first - 1, None
    command = [str(binary), "--seeds", str(count), "--from", str(first), "--trace",
               "--jobs", "1"]
    process = subprocess.Popen(
        command + (["--until-failure"] if stops else []), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=os.environ | {SWITCH: str(number), "SWIFT_BACKTRACE": "enable=no"})
    rest, last_words, how, red = b"", "", "green", set()
    while True:
        if not select.select([process.stdout], [], [], HANG_SECONDS)[0]:
            process.kill()
            how = "hang"
            break
        chunk = os.read(process.stdout.fileno(), 1 << 16)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            if match := re.match(r"seed (\d+) ok", text):
                last_ok = int(match.group(1))
            elif match := re.match(r"seed (\d+): ", text):
                red.add(int(match.group(1)))
            elif text.startswith("  ") and fault is None and not text.startswith("  again"):
                fault, seed = text.strip(), max(red)
            elif text and not text.startswith("seed "):
                last_words = text
    code = process.wait()
    if how == "hang":
        seed, fault = last_ok + 1, f"silent for {HANG_SECONDS} s"
    elif code < 0:
        how, seed = "trap", last_ok + 1
        fault = last_words or signal.Signals(-code).name
    elif code != 0:
        how, fault = "fault" if fault else "error", fault or last_words
    if how in ("hang", "trap"):
        red.add(seed)
    return Outcome(how, seed, fault or "", time.monotonic() - began, red)


def hunt(binary, mutant, options, red):
    """Runs a mutant until a seed catches it that is not red without any mutant."""
    first, end, seconds = options.from_, options.from_ + options.seeds, 0.0
    while True:
        outcome = run(binary, mutant.number, first, end - first)
        seconds += outcome.seconds
        outcome.seconds = seconds
        if not outcome.is_caught or outcome.seed not in red:
            return outcome
        first = outcome.seed + 1
        if first >= end:
            return Outcome("green", end, "", seconds, set())


def campaign(binary, mutants, options):
    """Runs the tree without any mutant, then all mutants on the same seeds."""
    pool = concurrent.futures.ThreadPoolExecutor(options.jobs)
    share = -(-options.seeds // options.jobs)
    clean = [
        pool.submit(run, binary, 0, start, min(share, options.from_ + options.seeds - start), False)
        for start in range(options.from_, options.from_ + options.seeds, share)]
    clean = [part.result() for part in clean]
    red = set().union(*(part.red for part in clean))
    if red:
        print(f"wrong without any mutant, so they count for nothing: {sorted(red)}", flush=True)
    width = max(len(mutant.name) for mutant in mutants)

    def one(mutant):
        outcome = hunt(binary, mutant, options, red)
        caught = f"caught by seed {outcome.seed} in {outcome.seconds:.1f} s"
        verdict = caught if outcome.is_caught else "NOT CAUGHT"
        print(f"{mutant.name:{width}}  {verdict}: {outcome.how}: {outcome.what[:90]}", flush=True)
        return outcome

    outcomes = list(pool.map(one, mutants))
    return outcomes, clean


def report(mutants, outcomes, clean):
    """Prints the table; true when all were caught and nothing was wrong without them."""
    width = max(len(mutant.name) for mutant in mutants)
    print(f"\n{'mutant':{width}}  {'seed':>5}  {'s':>6}  seen by")
    caught = 0
    for mutant, outcome in zip(mutants, outcomes):
        seen = outcome.is_caught
        caught += seen
        seed = outcome.seed if seen else "-"
        what = f"{outcome.how}: {outcome.what[:100]}" if seen else f"NOBODY: {mutant.breaks}"
        print(f"{mutant.name:{width}}  {seed:>5}  {outcome.seconds:>6.1f}  {what}")
    is_green = all(outcome.how == "green" for outcome in clean)
    seconds = sum(outcome.seconds for outcome in clean)
    for outcome in clean:
        if outcome.how != "green":
            print(f"WITHOUT ANY MUTANT: {outcome.how} in seed {outcome.seed}: {outcome.what}")
    print(f"without any mutant: {'green' if is_green else 'WRONG'} on the same seeds, {seconds:.0f} s")
    print(f"{caught} of {len(mutants)} caught")
    return is_green and caught == len(mutants)


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/simulate --mutants",
        description="Plants known bugs, one at a time, and sees that seeds of the simulation catch "
        "them. Fails unless all are caught and the same seeds are green without any.")
    parser.add_argument("--only", help="the mutants of these names, with commas between them")
    parser.add_argument("--seeds", type=int, default=2_000, help="how many seeds a mutant may live")
    parser.add_argument("--from", dest="from_", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at a time")
    parser.add_argument("--check", action="store_true", help="only see that all still apply")
    parser.add_argument("--list", action="store_true", help="only say what each of them breaks")
    options = parser.parse_args()
    mutants = read_mutants()
    texts, faults = plant(mutants)
    if faults:
        sys.exit("\n".join(faults))
    chosen = mutants
    if options.only:
        names = options.only.split(",")
        chosen = [mutant for mutant in mutants if mutant.name in names]
        if missing := set(names) - {mutant.name for mutant in chosen}:
            sys.exit(f"no mutant is called {', '.join(sorted(missing))}; see --list")
    if options.list:
        print("\n".join(f"{mutant.name}: {mutant.breaks}" for mutant in chosen))
    if options.check:
        print(f"{len(mutants)} mutants apply")
    if options.list or options.check:
        return
    subprocess.run([str(TOP / "scripts/prepare")], check=True)
    binary = build(copy_tree(texts), options.jobs)
    outcomes, clean = campaign(binary, chosen, options)
    sys.exit(0 if report(chosen, outcomes, clean) else 1)


if __name__ == "__main__":
    main()
