// SPDX-License-Identifier: Apache-2.0

import TestKit

/// A whole answer with a body.
func answer(_ status: Int, _ body: String = "", headers: [String] = []) -> ScriptedServer.Step {
    .answer(status, body, headers: headers)
}
