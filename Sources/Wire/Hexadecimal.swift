/// How keys and tokens are named wherever a person reads their names: hexadecimal, at full length.
public func hexadecimal<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: Word.bitWidth / 4 - digits.utf8.count) + digits
}
