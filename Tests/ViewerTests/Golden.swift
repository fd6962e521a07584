// What a standing plaza looks like; the README shows the first of them.

/// Screens as they must be, row by row.
enum Golden {
    static let small = #"""
         Plaza                                                         ● 127.0.0.1:7777
                                                                                     N↑
                             ┌────────────────────────────────────┐
                             │                                    │
                             │  △                            ◆ Tomasz
                             │    ·┄┄┄┄┄┄┄┄·                      │
              ·          ·   │    ┆ Market ┆    ·    ~ ~ ~ ~ ~    │   ·          ·
                             │    ┆        ┆    ← Linus ~ ~ ~     │
                             │    ·┄┄┄┄┄┄┄┄·         ~ Pond  ~    │
                             │                        ~ ~ ~ ~     │
                             │           ◆ Mira                   │
              ·          ·   │      ·           ·   2 Ada  ·      │   ·          ·
                             │                ↗ Robin             │
                             │                                    │
                             │                           ¤        │
                             │                                    │
                             │    ■ device 9                   △  │
              ·          ·   │      ·           ·          ·      │   ·          ·
                             │ ╱ ╱ ╱ ╱ ╱ ╱ ╱  Road ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱│
                             │╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ ╱ │
         ├─────────┤ 50 m    │                                    │
         Mira  Welcome to the plaza.
         Ada  Is the fountain on?
         tick 1234   20 Hz   ↓ 18.4 kB/s   loss 0.2%   rtt 12 ms   8 here        ? help
        """#
    static let smallASCII = #"""
         Plaza                                                         * 127.0.0.1:7777
                                                                                     N^
                             +------------------------------------+
                             |                                    |
                             |  +                            & Tomasz
                             |    .--------.                      |
              .          .   |    | Market |    .    ~ ~ ~ ~ ~    |   .          .
                             |    |        |    < Linus ~ ~ ~     |
                             |    .--------.         ~ Pond  ~    |
                             |                        ~ ~ ~ ~     |
                             |           & Mira                   |
              .          .   |      .           .   2 Ada  .      |   .          .
                             |                / Robin             |
                             |                                    |
                             |                           *        |
                             |                                    |
                             |    % device 9                   +  |
              .          .   |      .           .          .      |   .          .
                             | / / / / / / /  Road / / / / / / / /|
                             |/ / / / / / / / / / / / / / / / / / |
         |---------| 50 m    |                                    |
         Mira  Welcome to the plaza.
         Ada  Is the fountain on?
         tick 1234   20 Hz   in 18.4 kB/s   loss 0.2%   rtt 12 ms   8 here       ? help
        """#
    static let side = #"""
        │ Nearest of 8
        │ ● Ada                           28 m
        │ ● Grace                         28 m
        │ ◆ Mira                          29 m
        │ ← Linus                         44 m
        │ ¤ Kiosk                         49 m
        │ ■ device 9                      65 m
        │ ◆ Tomasz                        96 m
        │ ↗ Robin                          you
        │──────────────────────────────────────
        │ ◆ Mira
        │ is         NPC
        │ id         1000003:7
        │ at, in m   -30.0 12.0 0.0
        │ faces      90° E
        │ speed      0.0 m/s
        │ away       29 m NW
        │ mood       curious
        │ talks to   Robin
        """#
    static let wideTop = #"""
               ┌────────────────────────────────────────────────────────────────────────
               │
               │
               │
               │      △
               │
               │
               │·         ·┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄··            ·            ·
               │          ┆                           ┆
               │          ┆                           ┆
               │          ┆                           ┆
               │          ┆                           ┆                              ~ ~
               │          ┆          Market           ┆                             ~ ~
               │·         ┆  ·            ·           ┆·            ← Linus      ·   ~ ~
               │          ┆                           ┆                             ~ ~
               │          ┆                           ┆                              ~ ~
               │          ·┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄·                             ~ ~
               │                                                                     ~ ~
        """#
    static let tiny = #"""
         Plaza            ●
                 Ada
                ┌◆4Mira
                │2¤Robin
         20 Hz       ? help
        """#
}
