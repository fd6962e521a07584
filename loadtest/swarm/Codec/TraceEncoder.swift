import CairnReplication

/// Writes and reads frames of a trace.
enum TraceCoding {
    private static let sentinel = KnownFrame(
        numbers: [Int32](repeating: 0, count: Trace.frameNumbers),
        models: [BitModel](repeating: BitModel(128), count: CubeContext.modelCount))

    /// What both ends have before the first frame.
    static var nothing: KnownFrame { sentinel }

    /// Writes a frame; what is returned is what the reader of the bytes will know.
    static func encode(
        _ frame: [Int32], from base: KnownFrame, _ older: [Int32],
        span: (past: Int, future: Int), into encoder: inout RangeEncoder
    ) -> KnownFrame {
        var known = KnownFrame(numbers: frame, models: base.models)
        var models = known.models.mutableSpan
        var context = CubeContext()
        encoder.reset()
        var previous = false
        for cube in 0..<Trace.cubes {
            context.look(at: cube, base.numbers, older, span: span)
            let at = cube * Trace.fields
            let places = (4..<7).contains { frame[at + $0] != base.numbers[at + $0] }
            let turns = (0..<4).contains { frame[at + $0] != base.numbers[at + $0] }
            let interacts = frame[at + 7] != base.numbers[at + 7]
            let changes = places || turns || interacts
            encoder.encode(changes, &models[context.changed(after: previous)])
            previous = changes
            guard changes else { continue }
            encoder.encode(interacts, &models[context.interacting])
            encoder.encode(places, &models[context.same(0, interacts)])
            if places {
                for field in 4..<7 { put(field, frame[at + field], context, &encoder, &models) }
            }
            encoder.encode(turns, &models[context.same(1, places)])
            guard turns else { continue }
            let isOther = frame[at] != base.numbers[at]
            encoder.encode(isOther, &models[context.largest])
            if isOther { encoder.encode(UInt32(bitPattern: frame[at]) & 3, plainBits: 2) }
            for field in 1..<4 {
                if isOther {
                    encoder.encode(UInt32(bitPattern: frame[at + field]) & 511, plainBits: 9)
                } else {
                    put(field, frame[at + field], context, &encoder, &models)
                }
            }
        }
        encoder.finish()
        return known
    }

    private static func put(
        _ field: Int, _ value: Int32, _ context: CubeContext, _ encoder: inout RangeEncoder,
        _ models: inout MutableSpan<BitModel>
    ) {
        // Both ends wrap alike, so that any two numbers have a difference.
        encoder.encode(Int64(value &- context.guess[field]), context.row(field), &models)
    }

    /// Reads a frame from its bytes and what the reader knows.
    static func decode(
        _ bytes: RawSpan, from base: KnownFrame, _ older: [Int32], span: (past: Int, future: Int)
    ) -> KnownFrame {
        var known = base
        var models = known.models.mutableSpan
        var numbers = base.numbers
        var context = CubeContext()
        var decoder = RangeDecoder(bytes)
        var previous = false
        for cube in 0..<Trace.cubes {
            context.look(at: cube, base.numbers, older, span: span)
            let at = cube * Trace.fields
            previous = decoder.decode(&models[context.changed(after: previous)])
            guard previous else { continue }
            let interacts = decoder.decode(&models[context.interacting])
            if interacts { numbers[at + 7] = 1 - numbers[at + 7] }
            let places = decoder.decode(&models[context.same(0, interacts)])
            if places {
                for field in 4..<7 { numbers[at + field] = get(field, context, &decoder, &models) }
            }
            guard decoder.decode(&models[context.same(1, places)]) else { continue }
            let isOther = decoder.decode(&models[context.largest])
            if isOther { numbers[at] = Int32(decoder.decode(plainBits: 2)) }
            for field in 1..<4 {
                numbers[at + field] =
                    isOther
                    ? Int32(decoder.decode(plainBits: 9))
                    : get(field, context, &decoder, &models)
            }
        }
        known.numbers = numbers
        return known
    }

    @_lifetime(decoder: copy decoder)
    private static func get(
        _ field: Int, _ context: CubeContext, _ decoder: inout RangeDecoder,
        _ models: inout MutableSpan<BitModel>
    ) -> Int32 {
        let difference = Int32(truncatingIfNeeded: decoder.decode(context.row(field), &models))
        return context.guess[field] &+ difference
    }
}
