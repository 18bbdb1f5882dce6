// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes

/// The log for people who talk to orchestrator-svc alone; logging-svc is asked for them.
package enum RelayedLogsAPI {
    package static let list = Endpoint<RelayedInput<ListLogs>, Relayed<LogsView>>(
        "listLogs", .get, "/v1/logs", .people(.readLogs), "Finds log frames of all daemons.",
        description: """
            As `GET /logs` of logging-svc, which answers it. 503 `logging_unavailable` says that it cannot be asked; 400 \
            `page_too_large` that fewer frames have to be asked for, because they are large.
            """,
        tag: "logs", stopsWithConnection: true)

    package static let count = Endpoint<RelayedInput<CountLogs>, Relayed<LogHistogramView>>(
        "countLogs", .get, "/v1/logs/histogram", .people(.readLogs), "Counts log frames over time, by level.",
        description: """
            As `GET /logs/histogram` of logging-svc, which answers it. 503 `logging_unavailable` says that it cannot be asked.
            """,
        tag: "logs", stopsWithConnection: true)

    package static let catalogue: [AnyEndpoint] = [list.route, count.route]
}
