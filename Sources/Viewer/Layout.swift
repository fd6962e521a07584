// Where things are on a screen of any size, down to none at all.
//
//     header                                     one line, from 3 rows on
//     map                         │ list         the side appears when asked for, or by itself
//                                 │ inspector    on wide screens; it covers maps below 60 columns
//     what was said                              none to four lines, by height
//     status                                     one line, from 5 rows on

/// Areas of one screen; they do not overlap.
struct Layout: Equatable {
    var header = Area.empty
    var map = Area.empty
    var divider = Area.empty
    var list = Area.empty
    var rule = Area.empty
    var inspector = Area.empty
    var speech = Area.empty
    var status = Area.empty

    /// From here on the list and the inspector are open unless they were closed.
    static let wideColumns = 110
    /// Below this the side takes the map's place.
    static let narrowColumns = 60

    init(columns: Int, rows: Int, showsList: Bool, showsInspector: Bool) {
        guard columns > 0, rows > 0 else { return }
        let headerRows = rows >= 3 ? 1 : 0
        let statusRows = rows >= 5 ? 1 : 0
        let speechRows = rows >= 40 ? 4 : rows >= 20 ? 2 : rows >= 10 ? 1 : 0
        let bodyRows = rows - headerRows - statusRows - speechRows
        header = Area(column: 0, row: 0, columns: columns, rows: headerRows)
        speech = Area(
            column: 0, row: headerRows + bodyRows, columns: columns, rows: speechRows)
        status = Area(column: 0, row: rows - statusRows, columns: columns, rows: statusRows)
        let body = Area(column: 0, row: headerRows, columns: columns, rows: bodyRows)
        divide(body, showsList: showsList, showsInspector: showsInspector)
    }

    private mutating func divide(_ body: Area, showsList: Bool, showsInspector: Bool) {
        map = body
        guard showsList || showsInspector, body.columns >= 4 else { return }
        var side = body
        if body.columns >= Self.narrowColumns {
            side.columns = body.columns >= Self.wideColumns ? 38 : 28
            map.columns = body.columns - side.columns - 1
            divider = Area(column: map.columns, row: body.row, columns: 1, rows: body.rows)
            side.column = map.columns + 1
        } else {
            map = .empty
        }
        list = side
        inspector = side
        if showsList && showsInspector {
            // The inspector needs about a dozen lines; the list takes what is left, at least half.
            list.rows = max(side.rows / 2, side.rows - 16)
            rule = Area(
                column: side.column, row: list.endRow, columns: side.columns,
                rows: min(1, side.rows - list.rows))
            inspector.row = rule.endRow
            inspector.rows = side.rows - list.rows - rule.rows
        } else if showsList {
            inspector = .empty
        } else {
            list = .empty
        }
    }
}
