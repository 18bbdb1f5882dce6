// SPDX-License-Identifier: Apache-2.0

package import Common

/// A debug record as it is kept: unlike an event it may be dropped with age.
package struct LogFrame: Sendable, Equatable {
    /// Gapless, in the order of commit.
    package let id: Int64
    /// What the sender says.
    package let time: Timestamp
    package let level: LogLevel
    package let service: String
    package let message: String
    package let traceID: String?
    package let correlationID: String?
    /// A JSON object as text, as it was sent.
    package let fields: [UInt8]?
    /// When it was committed by the database's clock; rises with `id`.
    package let receivedAt: Timestamp

    package init(
        id: Int64, time: Timestamp, level: LogLevel, service: String, message: String, traceID: String? = nil,
        correlationID: String? = nil, fields: [UInt8]? = nil, receivedAt: Timestamp
    ) {
        self.id = id
        self.time = time
        self.level = level
        self.service = service
        self.message = message
        self.traceID = traceID
        self.correlationID = correlationID
        self.fields = fields
        self.receivedAt = receivedAt
    }

    /// The moment by which a range of time selects the frame: its own time, unless that is too far from its arrival to be
    /// believed. Bounded both ways, so that a range of this is a range of arrivals too.
    package var effectiveTime: Timestamp {
        let age = receivedAt - time
        return age <= Self.greatestDelay && age >= .zero - Self.greatestLead ? time : receivedAt
    }

    /// How long a frame may have been on its way, such as while logging-svc was away.
    package static let greatestDelay = Duration.seconds(3600)
    /// How far a sender's clock may be ahead of the database's.
    package static let greatestLead = Duration.seconds(60)
}
