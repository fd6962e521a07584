// What the shell asks of the process it runs in.

import CLibuv
import CPlatform

/// Random bytes from the kernel, fit for keys. The corresponding system call is `getrandom`.
///
/// Waits until the kernel has gathered enough after boot. A machine without entropy cannot run a
/// server that keeps secrets, so failing is fatal.
public func systemEntropy(byteCount: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let code = unsafe bytes.withUnsafeMutableBytes {
        unsafe cplatform_entropy($0.baseAddress, $0.count)
    }
    precondition(code == 0, "the kernel gave no random bytes")
    return bytes
}

/// Memory of this process that is in RAM, in bytes; 0 when the system does not say.
public func residentMemoryBytes() -> Int {
    var bytes = 0
    return unsafe uv_resident_set_memory(&bytes) == 0 ? bytes : 0
}

/// Raises the number of files and sockets the process may open as far as it can by itself, and
/// returns that number. Thousands of sockets, as a load test opens, need it.
@discardableResult public func raiseDescriptorLimit() -> Int {
    Int(clamping: cplatform_raise_descriptor_limit())
}
