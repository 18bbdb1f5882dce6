// SPDX-License-Identifier: Apache-2.0

import CJemalloc

extension Metrics {
    /// Adds what the allocator knows. That it is jemalloc follows from its being linked: see `docs/adr/0013-jemalloc.md`.
    package func addHeap() {
        gauge("heap_allocated_bytes", "Memory that the program holds.") { HeapFigures.read("stats.allocated") }
        gauge("heap_resident_bytes", "Memory that the allocator keeps in RAM for it.") {
            HeapFigures.read("stats.resident")
        }
    }
}

/// Figures of the allocator, by the names of jemalloc(3).
private enum HeapFigures {
    static func read(_ name: String) -> Double {
        // Figures stand still until the epoch is set anew.
        var epoch: UInt64 = 1
        var size = MemoryLayout<UInt64>.size
        _ = unsafe mallctl("epoch", nil, nil, &epoch, size)
        var value = 0
        size = MemoryLayout<Int>.size
        return unsafe mallctl(name, &value, &size, nil, 0) == 0 ? Double(value) : 0
    }
}
