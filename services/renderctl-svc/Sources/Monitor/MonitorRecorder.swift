// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import RenderMonitor

/// Writes down what the monitor finds and does, as the daemon itself.
struct MonitorRecorder: MonitorEvents {
    let recorder: Recorder

    func record(_ event: MonitorEvent) async throws {
        let kind: RenderEvent =
            switch event.kind {
            case .diagnosisMade: .diagnosisMade
            case .fixAttempted: .fixAttempted
            case .fixSucceeded: .fixSucceeded
            case .fixReverted: .fixReverted
            case .patchProposed: .patchProposed
            }
        await recorder.record(
            kind, by: Principal(.service, "renderctl-svc"), traceID: TraceContext.makeRoot().traceID,
            [
                "service_id": .string(event.serviceID), "name": .string(event.serviceName),
                "details": .object(event.details),
            ])
    }
}
