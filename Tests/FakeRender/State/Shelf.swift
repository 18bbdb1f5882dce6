// SPDX-License-Identifier: Apache-2.0

/// Things by their identity, in the order in which they came.
struct Shelf<Item: Sendable>: Sendable {
    private(set) var order: [String] = []
    private var byID: [String: Item] = [:]

    var count: Int { order.count }
    var values: [Item] { order.compactMap { byID[$0] } }

    /// Setting nil takes it off; setting a new one puts it last.
    subscript(id: String) -> Item? {
        get { byID[id] }
        set {
            if newValue == nil {
                order.removeAll { $0 == id }
            } else if byID[id] == nil {
                order.append(id)
            }
            byID[id] = newValue
        }
    }

    /// Changes one in place, if it is there.
    mutating func change(_ id: String, _ body: (inout Item) -> Void) {
        guard var item = byID[id] else { return }
        body(&item)
        byID[id] = item
    }
}
