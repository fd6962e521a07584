public import CairnBasics
public import CairnWorld

public struct Population: Sendable {
    public init(personas: [PersonaDescription], seed: UInt64, rules: AgentRules = AgentRules()) {
    }
    public mutating func step(_ view: AgentsView) -> AgentOutput { AgentOutput() }
}
