// SPDX-License-Identifier: Apache-2.0

/// Everything that orchestrator-svc answers beside what every daemon does.
package enum OrchestratorAPI {
    package static let catalogue: [AnyEndpoint] =
        WorkspacesAPI.catalogue + RoomsAPI.catalogue + ThreadsAPI.catalogue + MessagesAPI.catalogue
        + IncidentsAPI.catalogue
        + TasksAPI.catalogue + EventsAPI.catalogue + StreamsAPI.catalogue + AgentsAPI.catalogue + LiveAPI.catalogue
        + RunsAPI.catalogue + RunWorkAPI.catalogue
        + WorkersAPI.catalogue + LimitsAPI.catalogue + QueuesAPI.catalogue + PipelineAPI.catalogue + StepsAPI.catalogue
        + ToolCallsAPI.catalogue + ArtifactsAPI.catalogue + ApprovalsAPI.catalogue
        + SchedulesAPI.catalogue + HooksAPI.catalogue + PolicyAPI.catalogue + SessionsAPI.catalogue
        + RelayedLogsAPI.catalogue + RelayedRenderAPI.catalogue + DaemonsAPI.catalogue
        + NotificationsAPI.catalogue + AnalyticsAPI.catalogue + SavedViewsAPI.catalogue + InternalEventsAPI.catalogue
}
