// Text is compared by its UTF-8 bytes. Swift's own `==` and `<` on String follow Unicode canonical
// equivalence: two texts with different bytes can be equal, and the tables change with Unicode. A
// merge must not depend on either.

/// The order of texts by their UTF-8 bytes.
enum UTF8Order {
    static func areEqual(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    static func isAscending(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
