// Carrying out what was decided, a step at a time.

import CairnBasics
import CairnGeometry

extension Brain {
    /// What the body does until the next step.
    struct Deed {
        /// Where to walk; nil to stand.
        var goal: PlanarVector?
        /// Whom or what to look at while standing; nil to look on.
        var attention: PlanarVector?
        var animation = AgentAnimation.idle
        var words: String?
    }

    /// Advances the activity to the present and says what the body does about it.
    mutating func act(_ perception: Perception, _ surroundings: Surroundings) -> Deed {
        let now = surroundings.now
        switch activity {
        case .resting:
            // Anchors get worse and zones appear: whoever stands on closed ground leaves it.
            let open = surroundings.ground.navigation.nearestOpenPoint(to: perception.position)
            return Deed(goal: open == perception.position ? nil : open)
        case .wandering(var route):
            let goal = walk(&route, perception, surroundings)
            activity = goal == nil ? .resting(since: now) : .wandering(route)
            return Deed(goal: goal)
        case .returning(var route):
            let goal = walk(&route, perception, surroundings)
            activity = goal == nil ? .resting(since: now) : .returning(route)
            return Deed(goal: goal)
        case .greeting(let person, let until):
            return attend(to: person, until: until, AgentAnimation.waving, surroundings, perception)
        case .answering(let person, let until):
            return attend(
                to: person, until: until, AgentAnimation.talking, surroundings, perception)
        case .guiding(var tour):
            let deed = guide(&tour, perception, surroundings)
            activity = deed.map { _ in .guiding(tour) } ?? .resting(since: now)
            return deed ?? Deed()
        }
    }

    /// The intent for a deed: a safe velocity, and where to look.
    mutating func steer(
        _ deed: Deed, _ perception: Perception, _ surroundings: Surroundings
    ) -> AgentIntent {
        let speed = surroundings.rules.walkingSpeed
        let steering = Steering(
            terrain: surroundings.terrain, neighbours: perception.neighbours)
        var velocity = PlanarVector.zero
        if let goal = deed.goal {
            velocity = steering.velocity(
                from: perception.position, to: goal, speed: speed, current: perception.velocity)
        }
        if velocity == .zero {
            velocity = steering.evasion(from: perception.position, speed: speed / 2)
        }
        let look = deed.attention.map { $0 - perception.position } ?? velocity
        if look != .zero { facing = look.direction }
        return .steer(
            npc, Velocity(metresPerSecondX: velocity.x, velocity.y, 0),
            facing: Orientation(yaw: arcTangent(facing.y, facing.x)),
            animation: velocity == .zero ? deed.animation : AgentAnimation.walking)
    }

    /// The next corner; nil when the route is done or leads nowhere any more. Whoever is stuck
    /// plans a way around the people there.
    private func walk(
        _ route: inout Route, _ perception: Perception, _ surroundings: Surroundings
    ) -> PlanarVector? {
        let now = surroundings.now
        route.advance(to: perception.position, now: now)
        if route.isStuck(now: now), let destination = route.destination {
            let way = surroundings.ground.navigation.route(
                from: perception.position, to: destination,
                around: perception.neighbours.map(\.point))
            guard let way, route.detour(along: way, now: now) else { return nil }
        }
        return route.target
    }

    private mutating func attend(
        to person: EntityID, until: Instant, _ animation: UInt8, _ surroundings: Surroundings,
        _ perception: Perception
    ) -> Deed {
        if surroundings.now >= until { activity = .resting(since: surroundings.now) }
        let partner = perception.neighbours.first { $0.id == person }
        return Deed(attention: partner?.point, animation: animation)
    }

    /// The next step of a tour; nil when it is over.
    private mutating func guide(
        _ tour: inout Guiding, _ perception: Perception, _ surroundings: Surroundings
    ) -> Deed? {
        let now = surroundings.now
        let here = perception.position
        var guest: PlanarVector?
        surroundings.crowd.forEach(within: Guiding.sight, of: here) {
            if $0.id == tour.person { guest = $0.point }
        }
        if let until = tour.shownUntil {
            return now < until
                ? Deed(attention: guest, animation: AgentAnimation.talking) : nil
        }
        tour.route.advance(to: here, now: now)
        if here.distance(to: tour.destination) <= Guiding.arrival || tour.route.target == nil {
            tour.shownUntil = now + Self.courtesy
            return Deed(
                attention: guest, animation: AgentAnimation.talking, words: line(surroundings))
        }
        guard let guest, guest.distance(to: here) <= Guiding.longestLead else {
            let since = tour.waitingSince ?? now
            tour.waitingSince = since
            tour.route.pause(now: now)
            return now - since <= Guiding.patience ? Deed(attention: guest) : nil
        }
        tour.waitingSince = nil
        guard let goal = walk(&tour.route, perception, surroundings) else { return nil }
        var deed = Deed(goal: goal)
        if now - tour.spoke >= Guiding.chatter {
            tour.spoke = now
            deed.words = line(surroundings)
        }
        return deed
    }
}
