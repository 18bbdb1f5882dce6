// SPDX-License-Identifier: Apache-2.0

/// Why something cannot happen to an incident.
package enum IncidentError: Error, Sendable, Equatable {
    /// It is done with, for good.
    case closed
    case tooManyLinks
}

extension Incident {
    private func requireOpen() throws(IncidentError) {
        guard status != .closed else { throw .closed }
    }

    /// Nil when somebody has acknowledged it already.
    package func acknowledge(note: String?) throws(IncidentError) -> IncidentEvent? {
        try requireOpen()
        return status == .acknowledged ? nil : .acknowledged(note: note)
    }

    package func close(note: String) throws(IncidentError) -> IncidentEvent {
        try requireOpen()
        return .closed(note: note)
    }

    /// Nil when all of it is linked already.
    package func link(_ links: IncidentLinks) throws(IncidentError) -> IncidentEvent? {
        try requireOpen()
        let fresh = links.without(IncidentLinks(runIDs: runIDs, eventIDs: eventIDs))
        guard runIDs.count + fresh.runIDs.count <= Self.mostLinks,
            eventIDs.count + fresh.eventIDs.count <= Self.mostLinks
        else { throw .tooManyLinks }
        return fresh.isEmpty ? nil : .linked(fresh)
    }
}

extension IncidentLinks {
    /// What is not among `known`, each once.
    package func without(_ known: IncidentLinks = IncidentLinks()) -> IncidentLinks {
        var runs = Set(known.runIDs)
        var events = Set(known.eventIDs)
        return IncidentLinks(
            runIDs: runIDs.filter { runs.insert($0).inserted }, eventIDs: eventIDs.filter { events.insert($0).inserted }
        )
    }
}
