#!/usr/bin/env python3
"""Lifts each cap of the transport and breaks each rule of its congestion control, one at a time, and
sees that a test fails for it.

The files of Caps/ and Congestion/ are as those of the campaign beside this one, and say in a second
line which test must go red. All are in one copy of the tree, each behind a condition, so that it is
built once. `caps.py --check` only sees that each still has its place in the sources; `caps.py NAME ...`
tries those alone.
"""
import os
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
import campaign

FOLDERS = [campaign.MUTANTS / "Caps", campaign.MUTANTS / "Congestion"]
TARGETS = "CPrefetch,CairnBasics,CairnGeometry,CCiphers,CSodium,CairnWire,CairnTransport,TransportTests,MallocCounter"
HANG_SECONDS = 150


def read_caps():
    caps = [campaign.Mutant(path) for folder in FOLDERS for path in sorted(folder.glob("*.mutant"))]
    for number, cap in enumerate(caps, 1):
        cap.number = number
        cap.breaks, _, cap.test = cap.breaks.partition(" caught by: ")
        if not cap.test:
            raise SystemExit(f"{cap.name}: says no test in a line `caught by: NAME`")
    return caps


def swift(tree, what, *arguments, number=0, timeout=None):
    return subprocess.run(
        ["swift", what, "--package-path", str(tree), "--scratch-path",
         str(campaign.SCRATCH / "caps"), *arguments],
        capture_output=True, text=True, timeout=timeout,
        env=os.environ | {"CAIRN_ONLY": TARGETS, campaign.SWITCH: str(number),
                          "SWIFT_BACKTRACE": "enable=no"})


def is_green(tree, cap, number):
    try:
        result = swift(tree, "test", "--skip-build", "--filter", cap.test, number=number,
                       timeout=HANG_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    if number == 0 and "with 0 tests" in result.stdout + result.stderr:
        raise SystemExit(f"{cap.name}: there is no test {cap.test}")
    return result.returncode == 0


def main():
    caps = read_caps()
    texts, faults = campaign.plant(caps)
    if faults:
        sys.exit("\n".join(faults))
    if "--check" in sys.argv:
        return print(f"{len(caps)} bugs have their place")
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    chosen = [cap for cap in caps if not names or cap.name in names]
    tree = campaign.copy_tree(texts)
    began = time.monotonic()
    built = swift(tree, "build", "--build-tests", "-j", "2")
    if built.returncode != 0:
        sys.exit(built.stdout[-8000:] + built.stderr[-2000:] + "the bugs do not build")
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)
    failed = 0
    for cap in chosen:
        if not is_green(tree, cap, 0):
            verdict = "red by itself"
        elif is_green(tree, cap, cap.number):
            verdict = "NOT CAUGHT"
        else:
            verdict = "caught"
        failed += verdict != "caught"
        print(f"{verdict:14} {cap.name}: {cap.breaks} ({cap.test})", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} have a test that fails for them")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
