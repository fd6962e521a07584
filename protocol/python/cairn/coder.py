"""The range coder of blocks (WORLD.md 5.9): bits and integers, each with models of what is usual."""
from .wire import Malformed

INTEGER = 30     # Models of one kind of integer.
WORD = 0xFFFFFFFF

# Chances of a zero in 1/256 before anything is known: 33 questions, then rows of integers.
QUESTIONS = bytes.fromhex(
    "80948ea280766f2ae248f91516d2b291fa06fa0c06fadafa0c18faf8f02ceefae0")
ROWS = {
    "minor": bytes.fromhex("19805030335472728ca5a6dff19e8080a58a92a7bf98c6a3b9a89e808080"),
    "major": bytes.fromhex("6f7e851126628d6b9481d58ee2c08080a2648ba8bea1c29e8491c0808080"),
    "started": bytes.fromhex("297e132a507e58193bf65db8af80808080ac9ec1e61fc7cb35af80808080"),
    "rise": bytes.fromhex("f350060606060608083b73f9f68080807688c28b5c56247b9cd680808080"),
    "onset": bytes.fromhex("48cd9be5e5d0cea57d7d838080808080bbd9bdaea080807d808080808080"),
    "lateness": bytes.fromhex("067be2fa948080808080808080808080f894808080808080808080808080"),
    "along0": bytes.fromhex("6781687e4c2a3665d1f2e68080808080b1bc9f8b859fdce6808080808080"),
    "along1": bytes.fromhex("11802882ac86a1eace968080808080805fb3bd8fc7c89680808080808080"),
    "along2": bytes.fromhex("07800814bcc771bcefb080808080808054aac59f9fd1b080808080808080"),
    "along3": bytes.fromhex("06810606216f7ea9dcbda5c8d080808088509da39eccc6b5b4a980808080"),
    "across": bytes.fromhex("3580767a6b747165d5ebc2c980808080a9a9a1bc89adddcf868080808080"),
    "height": bytes.fromhex("f3d709122217306c3c76d1f5b6808080908ceb1d60c98097cbb680808080"),
    "following": bytes.fromhex("497f6ab3b5958d7c6576a1f280808080a2c8b5b2aba596a0ab8080808080"),
    "turning": bytes.fromhex("467f3e4d2c3b74b8c1ebcfca80808080a6ac858eacc3b7e2438080808080"),
    "component": bytes.fromhex("3880525f445b999892eff48080808080a8a98ba2bea6b0d6808080808080"),
    "number": bytes.fromhex("068406060606233582c8fa808080808080fa8076887c9afa808080808080"),
    "level": bytes.fromhex("f986060606060606111634fa80808080807d5c8f85c64978698080808080"),
    "speed": bytes.fromhex("0a7f0606060607102463a8a1acf7e58080fa7f51848a75c687d0b0e58080"),
    "climb": bytes.fromhex("fa7e060606060d060f2653e6de808080608068dd9340877d85de80808080"),
    "facing": bytes.fromhex("517e69b59938231d2f599dfa80808080a2d5b29e9383809eb28080808080"),
    "standing": bytes.fromhex("077d0606060606060f1e5cfa8080808054588e67849482918b8080808080"),
}


class Models:
    """The models that a block begins with."""
    MOVED, VELOCITY_CHANGES, STOPS, WHOLE_STEPS, AT_ONCE, PLACE_IS_OFF = 0, 8, 10, 11, 13, 15
    TILTS, SAME_LARGEST, ANIMATION_CHANGES, ANIMATION_IS_ODD = 16, 17, 18, 22
    PLAIN, FOREIGN, OTHER_KIND, MOVES, MEMBER_TILTS, MEMBER_ANIMATION_IS_ODD = range(26, 32)

    def __init__(self, chances: bytes | None = None):
        self.state = [[chance << 8] * 2 for chance in
                      (QUESTIONS + b"".join(ROWS.values()) if chances is None else chances)]

    @staticmethod
    def row(name: str) -> int:
        return len(QUESTIONS) + INTEGER * list(ROWS).index(name)

    def zero(self, model: int) -> int:
        return sum(self.state[model]) >> 1

    def learn(self, model: int, bit: bool):
        state = self.state[model]
        for at, shift in enumerate((4, 7)):
            state[at] += -(state[at] >> shift) if bit else 0xFFFF - state[at] >> shift


class Coder:
    """What an encoder and a decoder have in common: `bit` and `plain` are theirs."""

    def __init__(self, models: Models):
        self.models = models

    def _integer_place(self, digits: int, row: int) -> int:
        return row + 1 + min(digits, 14)


class Encoder(Coder):
    def __init__(self, models: Models):
        super().__init__(models)
        self.low, self.range, self.shifts = 0, WORD, 0   # `low` holds all bytes so far.

    def bit(self, bit: bool, model: int):
        bound = (self.range >> 16) * self.models.zero(model)
        if bit:
            self.low, self.range = self.low + bound, self.range - bound
        else:
            self.range = bound
        self.models.learn(model, bit)
        self._shift()

    def plain(self, value: int, bits: int):
        if bits > 16:
            self.plain(value >> 16, bits - 16)
            value, bits = value & 0xFFFF, 16
        self.range >>= bits
        self.low += value * self.range
        self._shift()

    def _shift(self):
        while self.range < 1 << 24:
            self.low, self.range, self.shifts = self.low << 8, self.range << 8, self.shifts + 1

    def integer(self, value: int, row: int):
        self.bit(value != 0, row)
        if not value:
            return
        self.bit(value < 0, row + 1)
        digits = abs(value).bit_length()
        for count in range(1, digits):
            self.bit(True, self._integer_place(count, row))
        if digits < 32:
            self.bit(False, self._integer_place(digits, row))
        if digits > 1:
            rest = abs(value)
            self.bit(rest >> digits - 2 & 1 == 1, row + 15 + min(digits - 1, 14))
            left = digits - 2
            while left:
                part = min(left, 16)
                left -= part
                self.plain(rest >> left & (1 << part) - 1, part)

    def finish(self) -> bytes:
        for zeros in (32, 24, 16, 8, 0):
            number = -(-self.low >> zeros) << zeros
            if number - self.low < self.range:
                return number.to_bytes(self.shifts + 4, "big").rstrip(b"\0")
        raise AssertionError("no number in the interval")


class Decoder(Coder):
    def __init__(self, models: Models, data: bytes):
        super().__init__(models)
        self.data, self.at, self.code, self.range = data, 0, 0, WORD
        for _ in range(4):
            self._take()

    def _take(self):
        byte = self.data[self.at] if self.at < len(self.data) else 0
        self.code, self.at = (self.code << 8 | byte) & WORD, self.at + 1

    def _shift(self):
        while self.range < 1 << 24:
            self.range = self.range << 8
            self._take()

    def bit(self, model: int) -> bool:
        bound = (self.range >> 16) * self.models.zero(model)
        bit = self.code >= bound
        if bit:
            self.code, self.range = self.code - bound, self.range - bound
        else:
            self.range = bound
        self.models.learn(model, bit)
        self._shift()
        return bit

    def plain(self, bits: int) -> int:
        if bits > 16:
            high = self.plain(bits - 16)
            return high << 16 | self.plain(16)
        self.range >>= bits
        value = min(self.code // self.range, (1 << bits) - 1)
        self.code = self.code - value * self.range & WORD
        self._shift()
        return value

    def integer(self, row: int) -> int:
        if not self.bit(row):
            return 0
        negative, digits = self.bit(row + 1), 1
        while digits < 32 and self.bit(self._integer_place(digits, row)):
            digits += 1
        magnitude = 1
        if digits > 1:
            magnitude = magnitude << 1 | self.bit(row + 15 + min(digits - 1, 14))
            left = digits - 2
            while left:
                part = min(left, 16)
                left -= part
                magnitude = magnitude << part | self.plain(part)
        return -magnitude if negative else magnitude

    def end(self):
        if self.at < len(self.data):
            raise Malformed("bytes that no bit depends on")
