#!/usr/bin/env python3
"""Makes fuzzing seeds of the examples in protocol/vectors: seeds.py FOLDER

The corpora beside this file are written by hand; these here follow the standard by themselves. A
seed only has to be near something interesting, so a vector that has got another name or form is
left out without a word.
"""

import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "protocol" / "vectors"
FRAMES = {"keyframe": 0, "change": 1, "properties": 2, "digest": 3, "leave": 4}
MESSAGES = {"client:": 0, "server:": 1, "intent:": 3, "frame: steering": 4, "frame: pose": 5}


def vectors(name):
    """The hexadecimal values of a vector file, by name."""
    found = {}
    for key, value in json.loads((VECTORS / f"{name}.json").read_text()).items():
        try:
            found[key] = bytes.fromhex(value)
        except ValueError:
            pass
    return found


def step(choice, body, milliseconds=1):
    """One step as FuzzKit reads it."""
    head = len(body) | milliseconds << 12
    return head.to_bytes(2, "little") + bytes([choice]) + body


def handshake():
    for cipher in ("aes256GCM", "chaCha20Poly1305"):
        session = json.loads((VECTORS / f"session-{cipher}.json").read_text())
        for key in ("clientHello", "serverHello", "refusalServerFull", "sealedToken"):
            yield f"{cipher}-{key}", bytes.fromhex(session[key])
        yield f"{cipher}-text", session["tokenText"].encode()
        yield f"{cipher}-cookie", b"\x81" + bytes.fromhex(session["clientNonce"]) + bytes(20)


def messages():
    for key, value in vectors("world-messages").items():
        for prefix, choice in MESSAGES.items():
            if key.startswith(prefix):
                yield key, bytes([choice]) + value
    devices = vectors("world-devices")
    yield "report", b"\x07" + devices["report"]
    yield "placed", b"\x08" + devices["placed"]
    yield "searching", b"\x08" + devices["searching"]
    yield "motion", b"\x09" + next(iter(vectors("world-steps").values()))[:23]
    for key, value in vectors("world-description").items():
        yield f"description-{key}", b"\x02" + value
    for key, value in vectors("world-blocks").items():
        if key.startswith("tick frame"):
            yield key, b"\x06" + value


def blocks():
    whole = b""
    for key, value in vectors("world-blocks").items():
        kind = FRAMES.get(key.split()[0])
        if kind is not None and len(key.split()) > 1 or key == "leave":
            yield key, step(FRAMES[key.split()[0]] | 1 << 3, value)
            whole += step(FRAMES[key.split()[0]] | 1 << 3, value)
    yield "all", whole


def peers():
    whole = b""
    for key, value in vectors("peers").items():
        if key != "lattice":
            yield key, step(0, value[:-8])
            whole += step(4, value[:-8])
    yield "all", whole


def client():
    for key, value in vectors("world-messages").items():
        if key.startswith("server:"):
            yield key, step(0xFF, value)
    for key, value in vectors("world-blocks").items():
        kind = FRAMES.get(key.split()[0])
        if kind is not None:
            yield key, step(0x21 + kind, value)
    yield "spoiled", step(0xFE, bytes([0, 0, 1, 0, 0, 0, 128]))


def server():
    for key, value in vectors("world-messages").items():
        if key.startswith("client:"):
            yield key, step(0xFF, value) + step(0xFE, b"")
        elif key.startswith("intent:"):
            yield key, step(0xFF, b"\x02\x07" + value) + step(0xFE, b"")
        elif key.startswith("frame: steering"):
            yield key, step(0x10, value) + step(0xFE, b"")
        elif key.startswith("frame: pose"):
            yield key, step(0x11, value) + step(0xFE, b"")


SEEDS = {
    "FuzzHandshake": handshake, "FuzzMessages": messages, "FuzzBlocks": blocks,
    "FuzzPeers": peers, "FuzzClient": client, "FuzzServer": server,
}


def main():
    for target, seeds in SEEDS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for name, seed in seeds():
            kept = "".join(c if c.isalnum() else "-" for c in name)
            (folder / kept).write_bytes(seed)
            count += 1
        if count < 3:
            sys.exit(f"only {count} seeds for {target}: have the vectors got other names?")


if __name__ == "__main__":
    main()
