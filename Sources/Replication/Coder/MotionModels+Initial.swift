extension MotionModels {
    static let initialChances = [UInt8](repeating: 128, count: count)
}
