// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Postgres
import ServiceKit
import Store

@main
struct Main {
    static func main() async {
        await Daemon.run(
            "logging-svc", summary: "Keeps log frames and the signed ends of event chains.",
            catalogue: LogsAPI.catalogue + HeadsAPI.catalogue
        ) { daemon in
            let settings = LoggingSettings(daemon.configuration)
            try await LoggingSchema.preparation.runWhenReachable(
                owner: settings.ownerURL.reveal(), app: settings.url.reveal(), logger: daemon.logger)
            let logging = LoggingService(settings, logger: daemon.logger)
            logging.addServices(to: &daemon)
            logging.addMetrics(to: daemon.metrics)
            logging.answerLogs(&daemon.router)
            logging.answerHeads(&daemon.router)
            daemon.translate = translateDatabaseError
        }
    }
}
