import CairnBasics
import CairnCRDT
import CairnWorld
import CairnWorldFile
import Testing

/// A world with a field of every policy whose numbers or ends mean something of their own.
private let harbour = """
    name: Harbour
    bounds: { lowest: [-50, -50, 0], highest: [50, 50, 10] }
    spawns: [[0, 0, 0]]
    kinds:
      avatar: { role: avatar, maxSpeed: 5 }
      walker: { role: npc }
      boat:
        role: object
        fields:
          fuel: { policy: bounded, least: -2, most: 60 }
          crew: { policy: bounded }
          fastest: { policy: maximum, range: [0, 99] }
          lightest: { type: integer, policy: minimum }
          flag: { type: text, policy: multiValue, maximumBytes: 8 }
          moored: { policy: attachment, writers: anyone }
          trips: { policy: counter }
    objects:
      - kind: boat
        name: Dinghy
        position: [5, 5, 0]
        fields: { fuel: -1, crew: 3, fastest: 12, lightest: 40, flag: red, moored: Tug }
      - { kind: boat, name: Tug, position: [6, 5, 0] }
    """

@Suite struct PoliciesAreChosenInTheFileTests {
    private func field(_ name: String, in world: WorldDescription) throws -> FieldDescription {
        try #require(world.fields.first { $0.name == name })
    }

    @Test func everyPolicyIsReadWithItsTypeAndItsEnds() throws {
        let world = try readWorld(yaml: harbour, fileName: "harbour.yaml")
        let forms = world.fields.map { "\($0.name) \($0.type) \($0.policy)" }
        #expect(
            forms == [
                "fuel integer bounded", "crew integer bounded", "fastest integer maximum",
                "lightest integer minimum", "flag text multiValue", "moored entity attachment",
                "trips integer counter",
            ])
        #expect(try field("fuel", in: world).range == -2...60)
        #expect(try field("crew", in: world).range == FieldDescription.unbounded)
        #expect(try field("fastest", in: world).range == 0...99)
        #expect(try field("lightest", in: world).range == nil)
        let values = world.objects[0].values.map(\.value)
        #expect(
            values == [
                .integer(-1), .integer(3), .integer(12), .integer(40), .text("red"), .text("Tug"),
            ])
        var reader = ByteReader(world.encoded().rawBytes)
        #expect(try WorldDescription(decoding: &reader) == world)
    }

    @Test(arguments: [
        Slip(
            "policy: bounded, least: -2", "policy: counter, least: -2",
            "10:39: only a bounded counter has a least and a most; give a range instead"),
        Slip(
            "{ policy: bounded }", "{ policy: bounded, range: [0, 9] }",
            "11:39: a bounded counter has 'least' and 'most'; give those instead of a range"),
        Slip("most: 60", "most: -3", "10:49: 'most' is below 'least'; give -2 or more"),
        Slip(
            "most: 60", "most: 9000000000000000000",
            "10:39: a bounded counter has a least and a most within 2^62 of zero; give them"),
        Slip(
            "fuel: -1", "fuel: -3",
            "21:21: -3 is out of range for 'fuel', which goes from -2 to 60"),
        Slip(
            "crew: 3,", "crew: -3,",
            "21:31: -3 is out of range for 'crew', which goes from 0 up"),
        Slip(
            "moored: Tug", "moored: Buoy",
            "21:80: no object of this file is called 'Buoy'; name one that stands in it once"),
        Slip(
            "moored: Tug", "moored: Dinghy",
            "21:80: it hangs on itself, or below more than 16 others; attach it to something else"),
        Slip(
            "{ policy: attachment,", "{ type: text, policy: attachment,",
            "15:23: an attachment names an entity; make its type entity"),
        Slip(
            "{ type: integer, policy: minimum }", "{ type: real, policy: minimum }",
            "13:25: it holds whole numbers; make its type integer"),
        Slip(
            "policy: multiValue", "policy: multiValues",
            "14:35: the policy of field 'flag' is 'multiValues'; did you mean 'multiValue'?"),
        Slip(
            "{ type: text, policy: multiValue,", "{ policy: multiValue,",
            "14:13: field 'flag' has no 'type'; add one"),
    ])
    func whatIsWrongIsSaidWhereItStands(_ slip: Slip) throws {
        #expect(harbour.contains(slip.line))
        let damaged = harbour.replacing(slip.line, with: slip.instead)
        let error = try #require(throws: WorldFileError.self) {
            try readWorld(yaml: damaged, fileName: "harbour.yaml")
        }
        #expect("\(error)" == "harbour.yaml:\(slip.said)")
    }
}
