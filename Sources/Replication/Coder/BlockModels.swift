/// The models of the block at hand, in an array that is used again for the next.
package struct BlockModels: Sendable {
    private static let initial: [BitModel] = MotionModels.initialChances.map { BitModel($0) }

    private let initial = Self.initial
    /// For a block to learn with.
    var models = Self.initial

    package init() {}

    /// Makes the models those that a block begins with.
    mutating func reset() { Self.copy(initial, to: &models) }

    private static func copy(_ initial: [BitModel], to models: inout [BitModel]) {
        unsafe initial.withUnsafeBytes { source in
            unsafe models.withUnsafeMutableBytes { target in
                // Safe: both arrays have all models; element by element it took four times as long.
                unsafe target.copyMemory(from: source)
            }
        }
    }
}
