"""A Cairn client in Python, written from STANDARD.md and WORLD.md alone.

Read it in this order: wire (numbers, frames), handshake, packets, streams, then messages, fields and
world (what it is all for), and client, which puts them together. `python3 -m cairn --help` runs it.
Only handshake and packets need the package in requirements.txt.
"""
