import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

@Suite struct HandlesStandForWhatDoesNotExistYetTests {
    private static let known = EntityID(raw: 0x0100_0001_0000_002a)
    private static let handle = EntityID(createdBy: 7)
    private static let field = FieldID(5)

    private static let intents: [@Sendable (EntityID) -> Intent] = [
        { .delete($0) }, { .place($0, Motion(position: .origin)) }, { .add($0, field, 1) },
        { .set($0, field, .entity($0)) }, { .insert($0, field, .entity($0)) },
        { .remove($0, field, .entity($0)) }, { .put($0, field, key: "k", .entity($0)) },
        { .removeKey($0, field, key: "k") },
        { .insert(EntityID(raw: 3), field, .entity($0)) },
    ]

    @Test func everyPlaceOfAnEntityIsResolved() {
        for intent in Self.intents {
            let resolved = intent(Self.handle).resolvingHandles { $0 == 7 ? Self.known : nil }
            #expect(resolved == intent(Self.known))
        }
    }

    @Test func oneThatNobodyKnowsSpoilsTheWhole() {
        for intent in Self.intents {
            #expect(intent(Self.handle).resolvingHandles { _ in nil } == nil)
        }
    }

    @Test func idsStandForThemselves() {
        for intent in Self.intents {
            #expect(intent(Self.known).resolvingHandles { _ in nil } == intent(Self.known))
        }
        #expect(Self.known.creatingIntent == nil && Self.handle.creatingIntent == 7)
    }
}
