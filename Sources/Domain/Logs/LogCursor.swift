// SPDX-License-Identifier: Apache-2.0

/// The direction of a page; ids are in the order of arrival.
package enum LogOrder: String, Sendable, CaseIterable {
    case newest, oldest
}

/// The place between two pages, as text that clients hand back.
package struct LogCursor: Sendable, Equatable {
    package let order: LogOrder
    /// The last id that has been dealt with.
    package let id: Int64

    package init(order: LogOrder, id: Int64) {
        self.order = order
        self.id = id
    }

    package var text: String { (order == .newest ? "n" : "o") + String(id) }

    /// Nil when it is none that was handed out.
    package init?(_ text: String) {
        guard let first = text.first, let order = ["n": LogOrder.newest, "o": .oldest][first],
            let id = Int64(text.dropFirst()), id >= 0, text == LogCursor(order: order, id: id).text
        else { return nil }
        self.init(order: order, id: id)
    }
}
