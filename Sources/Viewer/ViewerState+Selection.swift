// Stepping through entities, the nearest first.
//
// Everything moves, so an order made anew for each key would go back and forth between two that
// pass each other. The first step fixes an order and later steps walk along it; it is made anew
// when it ends. So stepping on visits everyone who stays exactly once.
import CairnBasics

extension ViewerState {
    /// Ids by distance from the viewer's own entity, or from the middle of the map for a
    /// spectator; the own one last, and equal distances by id.
    /// - Complexity: O(n log n).
    func nearestFirst(_ scene: Scene) -> [EntityID] {
        let own = scene.ownEntity
        let origin = own?.place ?? settledCamera(scene, layout).centre
        return
            scene.entities
            .map { (isOwn: $0.isSelf, distance: $0.place.distance(to: origin), id: $0.id) }
            .sorted { left, right in
                if left.isOwn != right.isOwn { return right.isOwn }
                if left.distance != right.distance { return left.distance < right.distance }
                return left.id < right.id
            }
            .map(\.id)
    }

    mutating func selectNext(_ scene: Scene) { step(scene, forwards: true) }

    mutating func selectPrevious(_ scene: Scene) { step(scene, forwards: false) }

    private mutating func step(_ scene: Scene, forwards: Bool) {
        let present = Set(scene.entities.map(\.id))
        guard !present.isEmpty else { return }
        if let selected = selection, let index = selectionOrder.firstIndex(of: selected) {
            let rest =
                forwards
                ? selectionOrder[(index + 1)...].first(where: present.contains)
                : selectionOrder[..<index].last(where: present.contains)
            if let rest {
                select(rest, scene)
                return
            }
        }
        selectionOrder = nearestFirst(scene)
        if let first = forwards ? selectionOrder.first : selectionOrder.last {
            select(first, scene)
        }
    }

    /// Selects, and looks there if it is off the map.
    private mutating func select(_ id: EntityID, _ scene: Scene) {
        selection = id
        guard let place = scene.entity(id)?.place else { return }
        guard viewport(scene, layout).cell(of: place) == nil else { return }
        camera = settledCamera(scene, layout)
        camera.follow = nil
        camera.centre = place
        isFitted = false
    }
}
