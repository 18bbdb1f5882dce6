// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Crypto
import Postgres
import Render
import RenderPlans
import ServiceKit
import Store

@main
struct Main {
    static func main() async {
        await Daemon.run(
            "renderctl-svc", summary: "Operates services on Render, by themselves and by blueprints.",
            catalogue: RenderAPI.catalogue
        ) { daemon in
            let settings = try Settings(daemon.configuration)
            try await RenderctlSchema.preparation.runWhenReachable(
                owner: settings.ownerURL.reveal(), app: settings.databaseURL.reveal(), logger: daemon.logger)
            let pool = PostgresPool(settings.database(daemon.name), logger: daemon.logger)
            let redactor = daemon.redactor
            let renderctl = RenderctlService(
                settings, name: daemon.name, pool: pool,
                fingerprintKey: try await fingerprintKey(settings, logger: daemon.logger),
                redact: { redactor.redact($0) }, logger: daemon.logger)
            daemon.translate = translateError
            let allowed = settings.allowedAddresses
            daemon.router.admitCaller = { context in
                guard RenderAPI.ids.contains(context.endpoint.id), !allowed.contains(context.clientAddress) else {
                    return
                }
                throw Problem(
                    .forbidden,
                    "This address may not use the routes of Render; RENDERCTL_ALLOWED_ADDRESSES says which may.",
                    code: "address_not_allowed")
            }
            renderctl.addServices(to: &daemon)
            renderctl.addMetrics(to: daemon.metrics)
            renderctl.answerServices(&daemon.router)
            renderctl.answerBlueprints(&daemon.router)
            renderctl.answerMonitor(&daemon.router)
        }
    }
}
