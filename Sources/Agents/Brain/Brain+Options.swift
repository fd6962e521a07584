// What a character could do next and how much it wants to: every feasible option gets a score,
// the best ones are chosen from at random, by the character's own seed.

import CairnBasics
import CairnWorld

extension Brain {
    private enum Action: Hashable {
        case rest
        case wander
        case goHome
        case greet(Crowd.Member)
        case answer(Crowd.Member)
        case guide(Crowd.Member, Ground.Place)
    }

    private struct Option {
        var action: Action
        var score: Double
    }

    /// Picks the next activity; returns what to say on beginning it.
    mutating func decide(_ perception: Perception, _ surroundings: Surroundings) -> String? {
        var options = idleOptions(perception, surroundings)
        if surroundings.now < blockedUntil { options.removeAll { $0.action == .goHome } }
        if maySpeak(at: surroundings.now) {
            for person in perception.people(on: surroundings.terrain) {
                options += socialOptions(with: person, perception, surroundings)
            }
        }
        return begin(choose(from: options), perception, surroundings)
    }

    /// One of the options within 5 % of the best, more likely the better it is.
    private mutating func choose(from options: [Option]) -> Action {
        let best = options.reduce(0) { max($0, $1.score) }
        let near = options.filter { $0.score >= best * Utility.nearBest }
        var draw = random.unit() * near.reduce(0) { $0 + $1.score }
        for option in near {
            draw -= option.score
            if draw < 0 { return option.action }
        }
        return .rest
    }

    private func idleOptions(
        _ perception: Perception, _ surroundings: Surroundings
    ) -> [Option] {
        let rules = surroundings.rules
        var rested = 0.0
        var running = Action.rest
        switch activity {
        case .resting(let since): rested = (surroundings.now - since).seconds
        case .wandering: running = .wander
        case .returning: running = .goHome
        default: break
        }
        let strolls = surroundings.personas[persona].role == .wanderer ? 0.6 : 0.3
        let company = ResponseCurve.ramp(from: 1, to: 4)(perception.nearestPerson)
        let away = perception.position.distance(to: home) / rules.wanderRadius
        var options = [
            Option(
                action: .rest,
                score: Utility.score(ResponseCurve.ramp(from: 15, to: 2)(rested), weight: 0.5)),
            Option(
                action: .wander,
                score: Utility.score(
                    running == .wander ? 1 : ResponseCurve.ramp(from: 2, to: 10)(rested), company,
                    weight: strolls)),
            Option(
                action: .goHome,
                score: Utility.score(
                    running == .goHome ? 1 : ResponseCurve.smooth(from: 1.1, to: 1.6)(away),
                    weight: 0.7)),
        ]
        for index in options.indices where options[index].action == running {
            options[index].score += Utility.momentum
        }
        return options
    }

    private func socialOptions(
        with person: Crowd.Member, _ perception: Perception, _ surroundings: Surroundings
    ) -> [Option] {
        let rules = surroundings.rules
        let now = surroundings.now
        let distance = person.point.distance(to: perception.position)
        let speed = person.velocity.length
        // Nobody who walks past is spoken to; people in the street least of all.
        let calm = ResponseCurve.ramp(from: person.role == .device ? 1.5 : 4, to: 0.8)(speed)
        let nearness = ResponseCurve.ramp(from: 2 * rules.hearingRadius, to: 1)(distance)
        let isCalling = call?.person == person.id
        let hasGreeted = encounters.happened(
            .greeted, with: person.id, within: rules.greetingCooldown, of: now)
        var options: [Option] = []
        if !hasGreeted, distance <= rules.greetingRadius {
            options.append(
                Option(
                    action: .greet(person), score: Utility.score(nearness, calm, weight: 1)))
        }
        if isCalling, hasGreeted {
            options.append(
                Option(action: .answer(person), score: Utility.score(nearness, weight: 0.9)))
        }
        let isDue = !encounters.happened(
            .guided, with: person.id, within: Guiding.cooldown, of: now)
        let isGuide = surroundings.personas[persona].role == .guide && now >= blockedUntil
        if isGuide, hasGreeted, isDue {
            let lingers = isCalling ? 1 : ResponseCurve.ramp(from: 1.5, to: 0.3)(speed)
            for place in surroundings.ground.places {
                // A tour of a few dozen metres is one; across the square is enough.
                let length = place.approach.distance(to: perception.position)
                let worthwhile = ResponseCurve.bell(centre: 30, width: 90)(length)
                guard length > 2 * Guiding.longestLead else { continue }
                options.append(
                    Option(
                        action: .guide(person, place),
                        score: Utility.score(
                            nearness, lingers, worthwhile, place.attraction, weight: 1)))
            }
        }
        return options
    }

    private mutating func begin(
        _ action: Action, _ perception: Perception, _ surroundings: Surroundings
    ) -> String? {
        let now = surroundings.now
        switch action {
        case .rest:
            if case .resting = activity { return nil }
            activity = .resting(since: now)
        case .wander:
            if case .wandering = activity { return nil }
            activity = stroll(from: perception.position, surroundings)
        case .goHome:
            if case .returning = activity { return nil }
            activity = walkHome(from: perception.position, surroundings)
        case .greet(let person):
            encounters.note(.greeted, with: person.id, at: now)
            activity = .greeting(person.id, until: now + Self.courtesy)
            return surroundings.personas[persona].greeting
        case .answer(let person):
            call = nil
            activity = .answering(person.id, until: now + Self.courtesy)
            return line(surroundings)
        case .guide(let person, let place):
            call = nil
            encounters.note(.guided, with: person.id, at: now)
            return lead(person.id, to: place, from: perception.position, surroundings)
        }
        return nil
    }

    /// A short walk to somewhere near home that can be seen from here; a rest where there is none.
    private mutating func stroll(
        from position: PlanarVector, _ surroundings: Surroundings
    ) -> Activity {
        let radius = surroundings.rules.wanderRadius
        for _ in 0..<8 {
            let offset = PlanarVector(2 * random.unit() - 1, 2 * random.unit() - 1) * radius
            let goal = home + offset
            guard offset.length <= radius, goal.distance(to: position) > 2 * Route.arrival,
                surroundings.terrain.isOpen(from: position, to: goal)
            else { continue }
            return .wandering(Route([goal], now: surroundings.now))
        }
        return .resting(since: surroundings.now)
    }

    private mutating func walkHome(
        from position: PlanarVector, _ surroundings: Surroundings
    ) -> Activity {
        let route = route(from: position, to: home, surroundings)
        return route.map { .returning($0) } ?? .resting(since: surroundings.now)
    }

    /// A way there; where there is none, no way is looked for again for a while.
    private mutating func route(
        from position: PlanarVector, to goal: PlanarVector, _ surroundings: Surroundings
    ) -> Route? {
        guard let corners = surroundings.ground.navigation.route(from: position, to: goal) else {
            blockedUntil = surroundings.now + Self.searchCooldown
            return nil
        }
        return Route(corners, now: surroundings.now)
    }

    private mutating func lead(
        _ person: EntityID, to place: Ground.Place, from position: PlanarVector,
        _ surroundings: Surroundings
    ) -> String? {
        let now = surroundings.now
        guard let route = route(from: position, to: place.approach, surroundings) else {
            activity = .resting(since: now)
            return nil
        }
        activity = .guiding(
            Guiding(person: person, destination: place.approach, route: route, spoke: now))
        return line(surroundings)
    }
}
