// The lines around the map: where we are, what was said, how the connection does.
import CairnBasics

extension Screen {
    /// World and notes on the left, connection on the right.
    mutating func drawHeader(_ area: Area, _ status: SceneStatus, notes: [String], _ glyphs: Glyphs)
    {
        guard !area.isEmpty else { return }
        let (sign, words, ink) = status.connectionLine(glyphs)
        let world = DisplayText(
            status.worldName.isEmpty ? "Cairn" : status.worldName, glyphs.repertoire)
        var connection = DisplayText("\(sign) \(words)", glyphs.repertoire)
        if world.columns + connection.columns + 4 > area.columns {
            connection = DisplayText(sign, glyphs.repertoire)
        }
        let used = write(
            connection, column: max(1, area.endColumn - 1 - connection.columns), row: area.row,
            limit: area.columns - 2, Style(ink))
        var column = area.column + 1
        let limit = area.endColumn - 3 - used
        column += write(
            world, column: column, row: area.row, limit: max(0, limit - column),
            Style(.title, .bold))
        for note in notes {
            let text = DisplayText("  \(glyphs.separator)  \(note)", glyphs.repertoire)
            guard column + text.columns + 1 <= limit else { return }
            column +=
                1
                + write(
                    text, column: column + 1, row: area.row, limit: text.columns, Style(.muted))
        }
    }

    /// The newest lines of speech, the newest at the bottom; they fade and then go.
    mutating func drawSpeech(_ area: Area, _ speech: [SceneSpeech], _ glyphs: Glyphs) {
        let lines = speech.filter { $0.age < SceneSpeech.lifetime }.suffix(area.rows)
        for (offset, line) in lines.enumerated() {
            let row = area.endRow - lines.count + offset
            let isOld = line.age > SceneSpeech.freshness
            let speaker = DisplayText(line.speaker, glyphs.repertoire)
                .truncated(toColumns: max(1, min(20, area.columns / 3)))
            var column = area.column + 1
            column += write(
                speaker, column: column, row: row, limit: speaker.columns,
                Style(line.role.ink, isOld ? .dim : .bold))
            column += 2
            write(
                DisplayText(line.text, glyphs.repertoire), column: column, row: row,
                limit: area.endColumn - 1 - column, Style(isOld ? .muted : .text))
        }
    }

    /// The figures, as many as fit, the important ones before the others; then the way to help.
    mutating func drawStatus(_ area: Area, _ status: SceneStatus, _ glyphs: Glyphs) {
        guard area.columns >= 12, area.rows > 0 else { return }
        let hint = DisplayText("? help", glyphs.repertoire)
        write(
            hint, column: area.endColumn - 1 - hint.columns, row: area.row, limit: hint.columns,
            Style(.muted))
        let figures = status.figures(glyphs)
        var room = area.columns - hint.columns - 3
        var chosen: [Int] = []
        for index in figures.indices.sorted(by: { figures[$0].rank < figures[$1].rank }) {
            let columns = figures[index].text.columns + 3
            guard columns <= room else { continue }
            room -= columns
            chosen.append(index)
        }
        var column = area.column + 1
        for index in chosen.sorted() {
            let figure = figures[index]
            column +=
                3
                + write(
                    figure.text, column: column, row: area.row, limit: figure.text.columns,
                    Style(figure.ink))
        }
    }

    /// A word in the middle of an otherwise empty or frozen map.
    mutating func drawBanner(_ area: Area, _ text: DisplayText, _ style: Style) {
        guard area.columns >= 8, area.rows >= 1 else { return }
        let fitted = text.truncated(toColumns: area.columns - 4)
        let column = area.column + (area.columns - fitted.columns) / 2
        let row = area.row + area.rows / 2
        clear(Area(column: column - 2, row: row - 1, columns: fitted.columns + 4, rows: 3))
        write(fitted, column: column, row: row, limit: fitted.columns, style)
    }
}

extension SceneSpeech {
    /// Younger lines are bright.
    static let freshness = TimeSpan.seconds(8)
    /// Older lines are not shown.
    static let lifetime = TimeSpan.seconds(45)
}

/// One figure of the status line.
private struct Figure {
    var text: DisplayText
    var ink: Ink
    /// Who stays when room is short: the lowest.
    var rank: Int
}

extension SceneStatus {
    /// From here on a loss is worth a colour, and then an alarm.
    private static let noticedLoss = 0.01
    private static let alarmingLoss = 0.05

    fileprivate func figures(_ glyphs: Glyphs) -> [Figure] {
        func figure(_ text: String, _ rank: Int, _ ink: Ink = .muted) -> Figure {
            Figure(text: DisplayText(text, glyphs.repertoire), ink: ink, rank: rank)
        }
        let lossInk: Ink =
            lossRatio >= Self.alarmingLoss
            ? .alarm : lossRatio >= Self.noticedLoss ? .warning : .muted
        let delay = roundTrip.map { "\(Measures.fixed($0.milliseconds, decimals: 0)) ms" } ?? "-"
        let agreement =
            divergenceCount == 0
            ? figure("in step", 7)
            : figure("\(divergenceCount) out of step", 0, .alarm)
        let late = presentationDelay.map {
            figure("shown \(Measures.fixed($0.milliseconds, decimals: 0)) ms late", 9)
        }
        let slowed =
            timeScale < 1
            ? figure("time at \(Measures.fixed(timeScale * 100, decimals: 0))%", 0, .warning) : nil
        return [
            figure("tick \(tick.map { String($0.number) } ?? "-")", 1, .text),
            figure("\(hertz) Hz", 3),
            figure("\(glyphs.down) \(Measures.byteRate(bytesPerSecond))", 2),
            figure("\(Measures.fixed(packetsPerSecond, decimals: 0)) pkt/s", 8),
            figure("loss \(Measures.fixed(lossRatio * 100, decimals: 1))%", 4, lossInk),
            figure("rtt \(delay)", 5),
            figure("\(entityCount) here", 6),
            agreement,
        ] + [slowed, late].compactMap { $0 }
    }

    fileprivate func connectionLine(_ glyphs: Glyphs) -> (String, String, Ink) {
        switch connection {
        case .connecting: (glyphs.waiting, "connecting to \(serverAddress)", .warning)
        case .connected: (glyphs.live, serverAddress, .good)
        case .reconnecting: (glyphs.waiting, "reconnecting to \(serverAddress)", .warning)
        case .closed: (glyphs.dead, "closed  \(serverAddress)", .alarm)
        }
    }
}
