// SPDX-License-Identifier: Apache-2.0

import API
import Common
import ServiceKit

@main
struct Main {
    static func main() async {
        await Daemon.run(
            "echo-agent-svc", summary: "The smallest complete agent: it mirrors what it is told.",
            catalogue: EchoAPI.catalogue
        ) { daemon in
            let echo = Echo()
            daemon.router.on(EchoAPI.echo) { input, context in try await echo.answer(input, context) }
            daemon.router.on(EchoAPI.cancel) { input, _ in
                guard echo.cancel(run: input.runID, epoch: input.epoch) else {
                    throw Problem(.notFound, "No call of this run and epoch is under way.")
                }
                return NoContent()
            }
            echo.addMetrics(to: daemon.metrics)
            let registration = try Registration(daemon)
            daemon.add(registration)
            daemon.require("registration") { try registration.check() }
        }
    }
}
