// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres

// What restricts frames, as SQL over `logs`. `LogFilter.matches` says the same of a frame in memory.

extension LogFilter {
    /// The restriction that an index together with the order of ids answers, if there is one.
    var driver: SQL? {
        if let traceID { return "trace_id = \(traceID)" }
        if let correlationID { return "correlation_id = \(correlationID)" }
        if services.count == 1 { return "service = \(services[0])" }
        return nil
    }

    /// Whether there is more to it than its driver.
    var hasResidue: Bool {
        let restrictions = [
            !services.isEmpty, minimumLevel != nil, traceID != nil, correlationID != nil, text != nil, !with.isEmpty,
            !without.isEmpty,
        ]
        return restrictions.count { $0 } > (driver == nil ? 0 : 1)
    }

    /// Each restriction, led by AND; nothing when there is none.
    var conjunction: SQL {
        var sql: SQL = ""
        if services.count == 1 {
            sql += " AND service = \(services[0])"
        } else if !services.isEmpty {
            sql += " AND service = ANY(\(services))"
        }
        if let minimumLevel { sql += " AND level >= \(minimumLevel.rank)" }
        if let traceID { sql += " AND trace_id = \(traceID)" }
        if let correlationID { sql += " AND correlation_id = \(correlationID)" }
        // Those that have to look into a text come last, since each of them costs more than all before.
        if let needle { sql += #" AND strpos(lower(message COLLATE "C"), \#(needle)) > 0"# }
        for match in with { sql += " AND \(match.condition)" }
        for match in without { sql += " AND (\(match.condition)) IS NOT TRUE" }
        return sql
    }
}

extension LogMatch {
    /// True where the frame has the value; otherwise false or NULL.
    fileprivate var condition: SQL {
        switch place {
        case .service: "service = \(value)"
        case .level: "level = \(LogLevel(rawValue: value)?.rank)"
        case .traceID: "trace_id = \(value)"
        case .correlationID: "correlation_id = \(value)"
        case .message: "message = \(value)"
        case .member(let name):
            // Most frames are settled by the first comparison; the type tells text apart from the source of an object.
            if value == "null" {
                """
                (json_typeof(fields -> \(name)) = 'null'
                    OR fields ->> \(name) = \(value) AND json_typeof(fields -> \(name)) = 'string')
                """
            } else {
                """
                (fields ->> \(name) = \(value)
                    AND json_typeof(fields -> \(name)) IN ('string', 'number', 'boolean'))
                """
            }
        }
    }
}

extension Timestamp {
    /// Moved by `duration`, but kept where the server's own type can follow.
    func saturatingAdd(_ duration: Duration) -> Timestamp {
        let bounds = LogFrameDraft.times
        return min(max(self + duration, bounds.lowerBound), bounds.upperBound)
    }
}

/// A range of `LogFrame.effectiveTime`: the first end is included, the second is not.
struct LogTimeRange {
    let since: Timestamp?
    let until: Timestamp?

    /// Each bound, led by AND. Those of received_at leave out partitions, those of the effective time are exact.
    var conjunction: SQL {
        var sql: SQL = ""
        if let since {
            let arrival = since.saturatingAdd(.zero - LogFrame.greatestLead)
            sql += " AND received_at >= \(arrival) AND \(Self.effectiveTime) >= \(since)"
        }
        if let until {
            let arrival = until.saturatingAdd(LogFrame.greatestDelay)
            sql += " AND received_at < \(arrival) AND \(Self.effectiveTime) < \(until)"
        }
        return sql
    }

    /// `LogFrame.effectiveTime` in SQL.
    static let effectiveTime: SQL = """
        (CASE WHEN time BETWEEN received_at - interval '1 hour' AND received_at + interval '1 minute'
            THEN time ELSE received_at END)
        """
}
