import CairnBasics
import CairnGeometry
import CairnWorld
import CairnWorldFile
import Foundation
import Testing

@Suite struct ThePlazaIsAWholeWorldTests {
    let plaza: WorldDescription

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../worlds/plaza.yaml").standardized
        plaza = try readWorld(
            yaml: String(contentsOf: file, encoding: .utf8), fileName: "plaza.yaml")
    }

    @Test func itHasWhatTheDemonstrationNeeds() {
        #expect(plaza.name == "Plaza")
        #expect((8...12).contains(plaza.personas.count))
        #expect(plaza.anchors.count == 4)
        #expect(plaza.origin != nil)
        for role in KindRole.allCases { #expect(plaza.firstKind(of: role) != nil) }
        for role in ZoneRole.allCases { #expect(plaza.zones.contains { $0.role == role }) }
        for role in PersonaRole.allCases { #expect(plaza.personas.contains { $0.role == role }) }
        for policy in FieldPolicy.allCases {
            #expect(plaza.fields.contains { $0.policy == policy })
        }
        for kind in plaza.kinds { #expect(kind.glyph != nil, "\(kind.name) cannot be seen") }
    }

    @Test func nobodyArrivesOrWalksWhereNobodyMayBe() {
        let noGo = plaza.zones.filter { $0.role == .noGo }
        for spawn in plaza.spawns {
            #expect(plaza.bounds.contains(spawn))
            #expect(!noGo.contains { $0.contains(spawn) })
            #expect(plaza.zones.contains { $0.role == .walkable && $0.contains(spawn) })
        }
        for object in plaza.objects { #expect(plaza.bounds.contains(object.position)) }
    }

    @Test func onlyTheFountainStandsInThePond() throws {
        let pond = try #require(plaza.zone(named: "pond"))
        let wet = plaza.objects.filter { pond.contains($0.position) }
        #expect(wet.map(\.name) == ["The fountain"])
    }

    @Test func theBoardHasItsNoticesAndTheKioskItsStock() throws {
        let board = try #require(plaza.objects.first { $0.name == "Notices" })
        #expect(board.values.map(\.key) == ["Lost", "Concert", "For sale"])
        let kiosk = try #require(plaza.kind(named: "kiosk"))
        let stock = try #require(plaza.field(named: "stock", inKind: kiosk.id))
        #expect(stock.policy == .bounded)
        #expect(stock.range == 0...120)
        let shelf = try #require(plaza.objects.first { $0.kind == kiosk.id })
        #expect(shelf.values.first == FieldValue(of: stock, writtenAs: "40"))
    }

    @Test func aClientGetsTheSameWorldInOneMessage() throws {
        let bytes = plaza.encoded()
        #expect(bytes.count < 32 * 1024)
        var reader = ByteReader(bytes.rawBytes)
        #expect(try WorldDescription(decoding: &reader) == plaza)
        #expect(reader.remaining == 0)
    }
}
