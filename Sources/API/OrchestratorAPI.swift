// SPDX-License-Identifier: Apache-2.0

/// Everything that orchestrator-svc answers beside what every daemon does.
package enum OrchestratorAPI {
    package static let catalogue: [AnyEndpoint] =
        TasksAPI.catalogue + AgentsAPI.catalogue + LiveAPI.catalogue + RunsAPI.catalogue + RunWorkAPI.catalogue
        + WorkersAPI.catalogue + LimitsAPI.catalogue + QueuesAPI.catalogue + PipelineAPI.catalogue
        + SchedulesAPI.catalogue + HooksAPI.catalogue
}
