// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Orchestration
import ServiceKit

func answerPipeline(_ router: inout EndpointRouter, _ pipeline: PipelineOperations) {
    router.on(PipelineAPI.projection) { input, _ in
        let (position, stages) = try await pipeline.snapshot(in: input.workspaceID, limit: input.limit)
        return PipelineView(
            workspaceID: input.workspaceID, position: position,
            stages: stages.map { stage in
                PipelineStageView(
                    stage: stage.stage, count: stage.count, items: stage.items.map { RunRow($0.run, of: $0.task) })
            })
    }
}
