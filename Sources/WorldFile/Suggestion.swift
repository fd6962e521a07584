// "Did you mean": the optimal string alignment distance (Damerau, CACM 1964), which counts an
// exchange of neighbours, the commonest slip of a typist, as one.

/// What to do about a word that is none of `choices`: the one that was probably meant, or all.
func advice(for word: String, among choices: [String]) -> String {
    if let choice = nearest(to: word, among: choices) { return "did you mean '\(choice)'?" }
    return choices.isEmpty ? "there are none" : "choose one of \(choices.joined(separator: ", "))"
}

/// The first of the choices with the smallest distance, if that is at most a third of the word.
func nearest(to word: String, among choices: [String]) -> String? {
    // Names have at most 48 bytes; a longer word is not one mistyped, and costs quadratic time.
    guard word.utf8.count <= 64 else { return nil }
    var best: (choice: String, distance: Int)?
    for choice in choices {
        let distance = editDistance(word.lowercased(), choice.lowercased())
        if distance < best?.distance ?? .max { best = (choice, distance) }
    }
    guard let best, best.distance <= max(1, min(word.count, best.choice.count) / 3) else {
        return nil
    }
    return best.choice
}

/// Insertions, deletions, replacements and exchanges of neighbours between two words.
/// - Complexity: O(m · n).
func editDistance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first), Array(second))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            let cost = a[i] == b[j] ? 0 : 1
            var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + cost)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                distance = min(distance, beforeLast[j - 1] + 1)
            }
            row.append(distance)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
