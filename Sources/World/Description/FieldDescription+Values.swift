// What a field may hold, asked by the door for every edit and by `faults()` for the author's own.

import CairnBasics
public import CairnCRDT

/// Why a value does not belong in a field, and what would.
public struct ValueFault: Hashable, Sendable {
    public var rule: Refusal.Rule
    /// What is wrong and what would be right, for the person who gave the value.
    public var reason: String
    /// The nearest value that the field takes; nil where there is none to suggest.
    public var nearest: Scalar?
}

extension FieldDescription {
    /// Nil when the field, or an element of its set or map, may hold the value.
    public func fault(in value: Scalar) -> ValueFault? {
        switch (type, value) {
        case (.boolean, .boolean), (.entity, .entity): nil
        case (.integer, .integer(let number)): fault(in: number)
        case (.real, .real(let number)): fault(in: number)
        case (.text, .text(let text)):
            Self.fault(in: text, called: "'\(name)'", atMostBytes: maximumBytes)
                .map { ValueFault(rule: .text, reason: $0.reason, nearest: .text($0.nearest)) }
        case (.bytes, .bytes(let bytes)): fault(inCountOf: bytes)
        default:
            ValueFault(rule: .type, reason: "'\(name)' holds \(type), not \(value.type)")
        }
    }

    /// Nil when a counter may come to stand at `sum`.
    func fault(in number: Int64) -> ValueFault? {
        guard let range, !range.contains(number) else { return nil }
        return ValueFault(
            rule: .range,
            reason: "\(number) is out of range for '\(name)', which goes from \(range.words)",
            nearest: .integer(max(range.lowerBound, min(range.upperBound, number))))
    }

    private func fault(in number: Double) -> ValueFault? {
        guard !number.isFinite else { return nil }
        let nearest: Scalar? =
            number.isNaN
            ? nil : .real(number < 0 ? -Double.greatestFiniteMagnitude : .greatestFiniteMagnitude)
        return ValueFault(
            rule: .range, reason: "'\(name)' takes finite numbers only", nearest: nearest)
    }

    private func fault(inCountOf bytes: [UInt8]) -> ValueFault? {
        guard bytes.count > maximumBytes else { return nil }
        return ValueFault(
            rule: .range, reason: "'\(name)' takes at most \(maximumBytes) bytes")
    }

    /// What is wrong with a line of text, and the nearest that is right; nil when nothing is.
    static func fault(
        in text: String, called what: String, atMostBytes limit: Int
    ) -> (reason: String, nearest: String)? {
        let reason: String
        if text.utf8.count > limit {
            reason =
                "\(what) takes at most \(limit) bytes of UTF-8, and these are \(text.utf8.count)"
        } else if !PlainText.isPlain(text) {
            reason = "\(what) takes one line without control characters"
        } else {
            return nil
        }
        return (reason, PlainText.cleaned(text, atMostBytes: limit))
    }
}

extension Scalar {
    /// The type that a field must have to hold this value.
    public var type: ScalarType {
        switch self {
        case .boolean: .boolean
        case .integer: .integer
        case .real: .real
        case .text: .text
        case .entity: .entity
        case .bytes: .bytes
        }
    }
}

extension FieldValue {
    /// The value that a person wrote as `text` for a field; nil where it is none of its type.
    ///
    /// Booleans are `true` and `false`, numbers decimal. Entities have no written form but in an
    /// attachment, where an object of the file is named.
    public init?(of field: FieldDescription, key: String? = nil, writtenAs text: String) {
        if field.policy == .attachment {
            self.init(field: field.id, value: .text(text))
            return
        }
        let value: Scalar
        switch field.type {
        case .boolean:
            guard text == "true" || text == "false" else { return nil }
            value = .boolean(text == "true")
        case .integer:
            guard let number = Int64(text) else { return nil }
            value = .integer(number)
        case .real:
            guard let number = Double(text), number.isFinite else { return nil }
            value = .real(number == 0 ? 0 : number)
        case .text: value = .text(text)
        case .entity, .bytes: return nil
        }
        self.init(field: field.id, key: key, value: value)
    }
}
