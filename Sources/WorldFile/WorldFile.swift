// World files are how game developers talk to Cairn, so most of this room is about telling them
// what is wrong: every error names the line, the column and the remedy, an unknown word comes with
// the word that was probably meant, and nothing is skipped in silence.
//
// The text is untrusted as well (a control plane may upload it): its size is capped, it may not
// use YAML anchors, whose aliases can make a small file stand for a huge one, and nesting is
// limited by the parser. What the rooms below rely on is judged there, by
// `WorldDescription.faults()`; here each fault only gets its place in the file.

public import CairnWorld

/// Reads a world from the text of a world file.
///
/// - Parameter fileName: how errors name the file.
/// - Throws: the first thing that is wrong.
public func readWorld(
    yaml: String, fileName: String
) throws(WorldFileError) -> WorldDescription {
    let source = Source(fileName: fileName)
    let root = try source.parse(yaml)
    var reader = WorldReader(source: source)
    let world = try reader.read(root)
    if let fault = world.faults().first { throw reader.error(for: fault, root: root) }
    return world
}
