// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Render

extension RenderServiceView {
    init(_ service: RenderService, health: RenderServiceHealth, lastDeploy: RenderDeployView?, isMonitored: Bool) {
        var settings = Settings()
        settings.region = service.details.region
        settings.plan = service.details.plan
        settings.runtime = service.details.runtime
        settings.repo = service.repo
        settings.branch = service.branch
        settings.rootDir = service.rootDir.flatMap { $0.isEmpty ? nil : $0 }
        settings.autoDeploy = service.autoDeploy.map { $0 == "yes" }
        settings.url = service.details.url
        settings.dashboardURL = service.dashboardURL
        self.init(
            id: service.id, name: service.name, type: service.type, ownerID: service.ownerID, settings: settings,
            isSuspended: service.isSuspended, isMonitored: isMonitored, health: health, lastDeploy: lastDeploy,
            createdAt: service.createdAt, updatedAt: service.updatedAt)
    }
}

extension RenderDeployView {
    init(_ deploy: RenderDeploy) {
        self.init(
            id: deploy.id, status: deploy.status.rawValue, isInProgress: deploy.status.isInProgress,
            isFailure: deploy.status.isFailure, trigger: deploy.trigger, commitID: deploy.commitID,
            // The first line says what it is about; the whole may be long.
            commitMessage: deploy.commitMessage.map { String($0.prefix { !$0.isNewline }.prefix(200)) },
            createdAt: deploy.createdAt, finishedAt: deploy.finishedAt)
    }
}
