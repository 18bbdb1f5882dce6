// SPDX-License-Identifier: Apache-2.0

import ServiceKit

/// An engine outside the orchestrator: claims runs over HTTP and calls their agents.
@main
struct Main {
    static func main() async {
        await Daemon.run(
            "engine-svc", summary: "Claims ready runs from the orchestrator and carries them out on HTTP agents.",
            catalogue: [], wire)
    }
}
