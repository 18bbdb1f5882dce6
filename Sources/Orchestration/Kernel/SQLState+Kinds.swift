// SPDX-License-Identifier: Apache-2.0

import Postgres

extension SQLState {
    /// The server is short of something or going away: the same statement may well succeed later.
    var isPassing: Bool {
        switch self {
        case .adminShutdown, .crashShutdown, .cannotConnectNow, .queryCanceled, .lockNotAvailable,
            .idleInTransactionTimeout:
            true
        default: errorClass == "53" || errorClass == "08" || errorClass == "58"
        }
    }

    /// A value that the server cannot take, whoever sends it.
    var isDataException: Bool { errorClass == "22" || errorClass == "54" }
}
