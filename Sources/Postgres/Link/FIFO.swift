// SPDX-License-Identifier: Apache-2.0

/// A first-in, first-out queue whose ends both cost O(1).
struct FIFO<Element> {
    private var items: [Element?] = []
    private var head = 0

    var count: Int { items.count - head }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) { items.append(element) }

    mutating func popFirst() -> Element? {
        guard head < items.count else { return nil }
        let element = items[head]
        items[head] = nil
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64, head * 2 > items.count {
            items.removeSubrange(..<head)
            head = 0
        }
        return element
    }

    /// Takes out what `isDoomed` picks, keeping the order of the rest.
    mutating func remove(where isDoomed: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        var kept: [Element?] = []
        for case let element? in items[head...] {
            if isDoomed(element) { removed.append(element) } else { kept.append(element) }
        }
        items = kept
        head = 0
        return removed
    }

    func forEach(_ body: (Element) -> Void) {
        for case let element? in items[head...] { body(element) }
    }
}
