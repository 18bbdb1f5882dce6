// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Metrics {
    /// Adds what the kernel knows of this process: memory, processor time, open files, start.
    package func addProcess() {
        let start = Double(Timestamp.now().microseconds) / 1e6
        gauge("process_start_time_seconds", "When the process started, in seconds since 1970.") { start }
        gauge("process_resident_memory_bytes", "Memory held in RAM.") { Double(ProcessFigures.residentBytes) }
        gauge("process_open_fds", "Open files and sockets.") { Double(ProcessFigures.openFiles) }
        gauge("process_cpu_seconds_total", "Processor time used.") { ProcessFigures.processorSeconds }
    }
}

/// Figures of this process from `/proc` and `getrusage`.
private enum ProcessFigures {
    static var residentBytes: Int {
        // The second word of statm is the resident size in pages.
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let words = text.split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    static var openFiles: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0 }

    static var processorSeconds: Double {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}
