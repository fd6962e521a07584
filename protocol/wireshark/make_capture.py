#!/usr/bin/env python3
"""Writes a capture that the dissector is tested with, and its key log: packets in three key phases of
both directions under both ciphers, a late packet of the phase before, two packets captured as one,
and numbers that wrap at 32 bits. Sealed here by the checker's own ciphers.

Run: make_capture.py FOLDER
"""
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import check  # The standard's primitives, from its text alone.
from cairn.wire import frame, varint

CLIENT, SERVER = ("10.0.0.2", 5000), ("10.0.0.1", 7777)


SAY = b"\x02" + struct.pack("<I", 77) + b"\x09" + varint(5) + b"hello"
FRAMES = {
    "client": frame(0x01, varint(30) + varint(25) + varint(4) + varint(1) + varint(2))
    + frame(0x02, b"\x00" + varint(3) + SAY)
    + frame(0x10, struct.pack("<IB", 9, 16) + bytes(11)) + frame(0x03, struct.pack("<Q", 5)),
    "server": frame(0x01, varint(12) + varint(25) + varint(0))
    + frame(0x0A, b"\x80" + varint(8) + varint(300) + varint(0) + b"\x05" + bytes(127))
    + frame(0x20, struct.pack("<IB", 1000, 1) + varint(70_000) + struct.pack("<I", 9))
    + frame(0x21, varint(5) + varint(1) + struct.pack("<Q", 2**20 * 2**42) + varint(2**31 + 1)
            + bytes(4)) + frame(0x23, varint(5) + bytes(3)) + frame(0x25, varint(300) + varint(7))
    + frame(0x24, varint(6) + bytes(8)) + frame(0x22, varint(6) + varint(2) + b"\x02\x01\x00") + frame(0x06, bytes(8))
    + frame(0x05, struct.pack("<H", 6) + varint(9) + b"not yours") + frame(0x7B, b"new"),
}


class Direction:
    """One direction of a session."""

    def __init__(self, side, cipher, connection):
        self.side, self.cipher, self.connection = side, cipher, connection
        self.keys = [bytes([7 * cipher + len(side) + at & 0xFF for at in range(32)])]

    def log(self):
        return f"{self.side} {self.connection:016x} {self.cipher} {self.keys[0].hex()}\n"

    def packet(self, number, phase):
        while len(self.keys) <= phase:
            self.keys.append(check.kdf(self.keys[-1], 9))
        head = b"\x02" if self.side == "client" else b"\x84"
        head = bytes([head[0] | phase % 2 << 6])
        if self.side == "client":
            head += struct.pack("<Q", self.connection)
        head += struct.pack("<I", number & 0xFFFFFFFF)
        seal = check.gcm_seal if self.cipher == 1 else check.chacha_seal
        nonce = struct.pack("<QI", number, 0)
        return head + seal(self.keys[phase], nonce, head, FRAMES[self.side])


def ip_packet(source, target, payload):
    udp = struct.pack(">HHHH", source[1], target[1], 8 + len(payload), 0) + payload
    address = lambda text: bytes(int(part) for part in text.split("."))
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    return head + address(source[0]) + address(target[0]) + udp


def main(folder):
    packets, log = [], ""
    for cipher in (0, 1):
        connection = 0x0102030405060708 + cipher
        client, server = (CLIENT[0], CLIENT[1] + cipher), SERVER
        ends = {"client": (client, server), "server": (server, client)}
        sides = {side: Direction(side, cipher, connection) for side in ends}
        log += "".join(side.log() for side in sides.values())
        vector = check.json.loads(
            (check.FOLDER / f"session-{['chaCha20Poly1305', 'aes256GCM'][cipher]}.json").read_text())
        hello, answer = bytes.fromhex(vector["clientHello"]), bytes.fromhex(vector["serverHello"])
        packets.append((*ends["client"], hello))
        packets.append((*ends["server"],
                        b"\x81" + hello[8:24] + hello[56:76]))
        packets.append((*ends["server"],
                        answer[:67] + struct.pack("<Q", connection) + answer[75:]))
        packets.append((*ends["server"], bytes.fromhex(vector["refusalServerFull"])))
        for side, direction in sides.items():
            seal = direction.packet
            for number, phase in ((0, 0), (1, 0), (9, 1), (10, 1), (3, 0), (400, 2)):
                packets.append((*ends[side], seal(number, phase)))
            packets.append((*ends[side], seal(401, 2) + seal(402, 2)))
            # On to the end of the low 32 bits, in steps that a receiver can follow.
            for number in (2**31 - 5, 2**32 - 9, 2**32 - 1, 2**32 + 7):
                packets.append((*ends[side], seal(number, 2)))
        packets.append((*ends["client"], bytes(60)))  # No datagram of Cairn's.
    with open(folder / "made.pcap", "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for index, (source, target, payload) in enumerate(packets):
            data = ip_packet(source, target, payload)
            file.write(struct.pack("<IIII", 1_700_000_000, index, len(data), len(data)) + data)
    (folder / "made.keys").write_text(log)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
