// The differences in words: where, what, and what to do. One sentence each.

import CairnGeometry

extension SchemaDifference: CustomStringConvertible {
    /// Where, what, and, unless it goes by itself, what to do.
    public var description: String {
        let sentence = "\(place): \(what)"
        switch effect {
        case .migrates: return sentence
        case .needsAdoption:
            return "\(sentence); \(repair), or serve with --adopt-schema to \(adoption)"
        case .refused: return "\(sentence); \(repair), or start with an empty data directory"
        }
    }

    /// `kind.field`, as a world file has them.
    private var place: String {
        if kind.isEmpty { return "the world" }
        return field.map { "\(kind).\($0)" } ?? kind
    }

    private var what: String {
        switch change {
        case .kindAdded(let role): "a new kind (\(role))"
        case .kindReturned(let role): "the kind is back (\(role))"
        case .kindRemoved(let things): "the kind is gone, and \(Self.count(things)) of it"
        case .roleChanged(let old, let new, let things):
            "its role was \(old) and is \(new), and \(Self.count(things)) of it"
        case .fieldAdded(let form): "a new field (\(form))"
        case .fieldReturned(let form, let holders):
            "the field is back (\(form)), and \(Self.holders(holders))"
        case .fieldRemoved(let holders): "the field is gone, and \(Self.holders(holders))"
        case .formChanged(let old, let new, let holders):
            "it was \(old) and is \(new), and \(Self.holders(holders))"
        case .rangeChanged(let old, let new, let stored):
            "its range was \(Self.words(old)) and is \(Self.words(new))"
                + note(stored.map(Self.values))
        case .maximumBytesChanged(let old, let new, let stored):
            "it took \(old) bytes and takes \(new)" + note("a stored value has \(stored)")
        case .maximumElementsChanged(let old, let new, let stored):
            "it took \(old) elements and takes \(new)" + note("one that is stored has \(stored)")
        case .writersChanged(let old, let new): "its writers were \(old) and are \(new)"
        case .boundsChanged(let old, let new, let stored):
            "its bounds were \(Self.words(old)) and are \(Self.words(new))"
                + note(stored.map { "what is stored reaches from \(Self.words($0))" })
        case .fieldsCrowded(let count):
            "it has \(count) fields with those whose values are hidden, and a client keeps "
                + "\(WorldLimits.fieldsOfAnEntity)"
        case .numbersExhausted: "there is no number left for it"
        }
    }

    private var repair: String {
        switch change {
        case .kindRemoved: "restore the kind, or delete those things first"
        case .roleChanged: "restore the role, and add a kind for the new one"
        case .fieldRemoved: "restore the field"
        case .formChanged(let old, let new, _):
            "restore its \(Self.parts(old, new)), and add a field for "
                + (Self.isAboutLeast(old, new) ? "the new one" : "the new ones")
        case .rangeChanged: "widen the range to hold that"
        case .maximumBytesChanged(_, _, let stored): "give maximumBytes \(stored) or more"
        case .maximumElementsChanged(_, _, let stored): "give maximumElements \(stored) or more"
        case .boundsChanged: "widen the bounds to hold that"
        case .fieldsCrowded: "restore some of the fields, or leave out others that hold nothing"
        case .kindAdded, .kindReturned, .fieldAdded, .fieldReturned, .writersChanged,
            .numbersExhausted:
            "leave it out"
        }
    }

    private var adoption: String {
        switch change {
        case .fieldRemoved: "hide the values until the field is back"
        case .formChanged(let old, let new, _):
            "hide the values until its \(Self.parts(old, new)) "
                + (Self.isAboutLeast(old, new) ? "is back" : "are back")
        case .boundsChanged: "leave it outside"
        default: "keep the values until they are next changed"
        }
    }

    /// True when nothing but a bounded counter's least is different.
    private static func isAboutLeast(_ old: FieldForm, _ new: FieldForm) -> Bool {
        old.policy == .bounded && new.policy == .bounded && old.type == new.type
    }

    private static func parts(_ old: FieldForm, _ new: FieldForm) -> String {
        isAboutLeast(old, new) ? "least" : "type and policy"
    }

    /// What stands in the way, said only where it does.
    private func note(_ obstacle: String?) -> String {
        guard effect != .migrates, let obstacle else { return "" }
        return ", and \(obstacle)"
    }

    private static func count(_ things: Int?) -> String {
        switch things {
        case nil: "there may be things"
        case 0: "nothing stored is"
        case 1: "1 stored thing is"
        case let things?: "\(things) stored things are"
        }
    }

    private static func holders(_ things: Int?) -> String {
        switch things {
        case nil: "stored things may have a value in it"
        case 0: "no stored thing has a value in it"
        case 1: "1 stored thing has a value in it"
        case let things?: "\(things) stored things have a value in it"
        }
    }

    private static func values(_ stored: ClosedRange<Int64>) -> String {
        stored.lowerBound == stored.upperBound
            ? "a stored value is \(stored.lowerBound)" : "stored values go from \(words(stored))"
    }

    private static func words(_ range: ClosedRange<Int64>?) -> String {
        range.map(\.words) ?? "every whole number"
    }

    private static func words(_ bounds: Bounds) -> String {
        "\(words(bounds.lowest)) to \(words(bounds.highest))"
    }

    private static func words(_ position: Position) -> String {
        let metres = position.metres
        return "[\(metres.x), \(metres.y), \(metres.z)]"
    }
}

extension FieldForm: CustomStringConvertible {
    /// As in "set of text".
    public var description: String {
        switch policy {
        case .latest: "\(type)"
        case .counter: "counter"
        case .set: "set of \(type)"
        case .map: "map of \(type)"
        case .maximum: "maximum"
        case .minimum: "minimum"
        case .multiValue: "multi-value \(type)"
        case .bounded: "bounded counter from \(least ?? 0)"
        case .attachment: "attachment"
        }
    }
}
