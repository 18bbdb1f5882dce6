// SPDX-License-Identifier: Apache-2.0

import API
import Common
import ServiceKit

extension RenderctlService {
    /// Answers what is about single services.
    func answerServices(_ router: inout EndpointRouter) {
        let (board, maker, environments, deploys) = (board, maker, environments, deploys)
        router.on(RenderAPI.listServices) { input, _ in try await board.list(input) }
        router.on(RenderAPI.createService) { input, context in try await maker.make(input, context) }
        router.on(RenderAPI.changeEnvironment) { input, context in try await environments.change(input, context) }
        router.on(RenderAPI.deploy) { input, context in
            let answer = try await deploys.deploy(input, context)
            return Reply(answer, status: answer.deploy == nil ? 202 : 201)
        }
    }
}
