// The keyboard as the viewer knows it, free of any terminal's codes.

/// A key that was pressed.
public enum ViewerKey: Hashable, Sendable {
    case up, down, left, right
    case tab, backTab, enter, escape
    /// Ctrl-C: in raw mode the terminal sends no signal for it.
    case interrupt
    case character(Unicode.Scalar)
}

/// What the viewer asks of its owner after a key.
public enum ViewerRequest: Hashable, Sendable {
    case none
    case quit
}
