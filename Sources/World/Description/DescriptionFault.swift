/// One thing in a description that the server could not live with.
public struct DescriptionFault: Error, Hashable, Sendable {
    /// Where it is.
    public var part: Part
    /// Which of that part's attributes, by the name it has in a world file; empty for the whole.
    public var attribute: String
    /// What is wrong, and what to do about it.
    public var problem: String

    /// A part of a description; the number is the index into its list.
    public enum Part: Hashable, Sendable {
        case world
        case spawn(Int)
        case kind(Int)
        case field(Int)
        case zone(Int)
        case anchor(Int)
        case persona(Int)
        case object(Int)
    }
}

/// Collects faults; each `require` notes one unless its condition holds.
struct FaultList {
    private(set) var faults: [DescriptionFault] = []

    mutating func note(_ part: DescriptionFault.Part, _ attribute: String, _ problem: String) {
        faults.append(DescriptionFault(part: part, attribute: attribute, problem: problem))
    }

    mutating func require(
        _ condition: Bool, _ part: DescriptionFault.Part, _ attribute: String,
        _ problem: @autoclosure () -> String
    ) {
        if !condition { note(part, attribute, problem()) }
    }

    /// There are as many of something as allowed; `things` is their plural where it is not the
    /// attribute's name.
    mutating func requireCount(
        _ count: Int, _ allowed: ClosedRange<Int>, _ part: DescriptionFault.Part,
        _ attribute: String, things: String? = nil
    ) {
        require(
            allowed.contains(count), part, attribute,
            "the number of \(things ?? attribute) is \(count); give \(allowed.lowerBound) to "
                + "\(allowed.upperBound)")
    }

    /// A name: there is one, it fits and it can be shown.
    mutating func requireName(
        _ name: String, atMostBytes limit: Int = WorldLimits.nameBytes,
        _ part: DescriptionFault.Part
    ) {
        require(!name.isEmpty, part, "name", "the name is empty; give one")
        requireText(name, atMostBytes: limit, part, "name")
    }

    mutating func requireText(
        _ text: String, atMostBytes limit: Int, _ part: DescriptionFault.Part,
        _ attribute: String
    ) {
        if let fault = FieldDescription.fault(
            in: text, called: "'\(attribute)'", atMostBytes: limit)
        {
            note(part, attribute, "\(fault.reason); shorten or clean it")
        }
    }

    /// No two parts of a list have the same name.
    mutating func requireUnique(
        _ names: [String], _ part: (Int) -> DescriptionFault.Part
    ) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !seen.insert(name).inserted {
            note(part(index), "name", "the name '\(name)' is taken already; choose another")
        }
    }
}
