/// A small world with one of everything, which the tests damage.
let smallWorld = """
    name: Small
    tickHertz: 20
    cellMetres: 16
    bounds: { lowest: [-50, -50, 0], highest: [50, 50, 10] }
    spawns:
      - [0, 0, 0]
    kinds:
      avatar: { role: avatar, maxSpeed: 5 }
      walker: { role: npc }
      shelf:
        role: object
        fields:
          stock: { type: integer, policy: counter, range: [0, 9] }
          open: boolean
          tags: { type: text, policy: set, maximumElements: 2 }
          notes: { type: text, policy: map, maximumBytes: 5 }
    zones:
      pit: { role: noGo, polygon: [[10, 10], [20, 10], [20, 20]] }
    anchors:
      post: { position: [1, 1, 1], yaw: 90, sigma: 0.1 }
    personas:
      Ada: { kind: walker, role: guide, greeting: Hello, lines: [One, Two] }
    objects:
      - kind: shelf
        position: [5, 5, 0]
        fields: { stock: 3, open: true, tags: [a, b], notes: { k: v } }
    """
