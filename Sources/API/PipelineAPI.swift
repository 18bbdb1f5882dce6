// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension PipelineStage: WireEnum {}

/// The pipeline: all tasks of a workspace by six fixed stages (seed 004).
package enum PipelineAPI {
    package static let projection = Endpoint<PipelineInput, PipelineView>(
        "getPipelineProjection", .get, "/v1/pipeline/projection", .peopleAndServices(.readRuns),
        "Shows how many tasks are in each stage, and the newest of them.",
        description: """
            The stages are always these six, in this order: `intake` (for a later time, after a pause, or behind other \
            tasks), `queued`, `running`, `waiting_approval`, `failed` (for good: to be reviewed) and `done` (completed or \
            cancelled). Figures and items are of one moment, that of `position`; the figures are kept as tasks move, so \
            they cost the same whatever they are.
            """,
        tag: "runs")

    package static let catalogue: [AnyEndpoint] = [projection.route]
}

/// `GET /v1/pipeline/projection`.
package struct PipelineInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let limit: Int

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        limit = reader.query("limit", "Items of each stage at most.", .integer(0...100), default: 20)
    }
}

/// The pipeline at a moment.
package struct PipelineView: WireObject {
    package static let wireName = "Pipeline"

    package let workspaceID: ID<Workspace>
    package let position: Int64
    package let stages: [PipelineStageView]

    package init(workspaceID: ID<Workspace>, position: Int64, stages: [PipelineStageView]) {
        self.workspaceID = workspaceID
        self.position = position
        self.stages = stages
    }

    package static let fields: [Field<PipelineView>] = [
        Field("workspace_id", "The workspace.") { $0.workspaceID.rawValue },
        Field("position", "How far the workspace's log went at this moment.") { $0.position },
        Field("stages", "The six stages, in order.") { $0.stages },
    ]
}

/// One stage of the pipeline.
package struct PipelineStageView: WireObject {
    package static let wireName = "PipelineStage"

    package let stage: PipelineStage
    package let count: Int
    package let items: [RunRow]

    package init(stage: PipelineStage, count: Int, items: [RunRow]) {
        self.stage = stage
        self.count = count
        self.items = items
    }

    package static let fields: [Field<PipelineStageView>] = [
        Field("stage", "Which stage.") { $0.stage },
        Field("count", "Tasks in it.") { $0.count },
        Field("items", "The newest of them, by their latest runs; those done by when they ended.") { $0.items },
    ]
}
