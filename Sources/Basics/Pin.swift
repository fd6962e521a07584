import Synchronization

/// Keeps the struct that has it where it stands: a byte that the compiler may not copy.
///
/// To call a method of a large noncopyable struct, Swift may copy all its bytes to the stack first,
/// since it could hold the value in registers. A value with an atomic in it has an address and nothing
/// else, so its fields are read where they are. Give one to a struct of some hundred bytes or more that
/// a packet or a tick touches; 2 kB copied are 30 ns and a cache that has forgotten something else.
public struct Pin: ~Copyable, Sendable {
    private let byte = Atomic<UInt8>(0)

    public init() {}
}
