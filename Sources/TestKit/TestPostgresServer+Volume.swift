// SPDX-License-Identifier: Apache-2.0

import Glibc

extension TestPostgresServer {
    /// Puts the files of the server, which are not there yet, on a volume of this size in memory.
    func mountVolume(_ megabytes: Int) async throws {
        guard geteuid() == 0, let user = unsafe getpwnam("postgres") else {
            throw Failure(description: "only root can mount a volume")
        }
        let (owner, group) = unsafe (user.pointee.pw_uid, user.pointee.pw_gid)
        _ = unsafe mkdir(dataDirectory, 0o700)
        try await Self.runProcess([
            "/usr/bin/mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700,uid=\(owner),gid=\(group)", "tutti",
            dataDirectory,
        ])
    }

    /// Leaves no room on the volume: it becomes as small as what is on it.
    package func fillVolume() async throws {
        // What is written meanwhile makes the size too small to be accepted.
        try await eventually(within: .seconds(10)) {
            var volume = statvfs()
            guard unsafe statvfs(dataDirectory, &volume) == 0 else { return false }
            let used = (volume.f_blocks - volume.f_bfree) * volume.f_frsize
            try await resizeVolume("\(used)")
            return true
        }
    }

    /// Makes the volume as large as it was.
    package func freeVolume(_ megabytes: Int) async throws { try await resizeVolume("\(megabytes)m") }

    private func resizeVolume(_ size: String) async throws {
        try await Self.runProcess(["/usr/bin/mount", "-o", "remount,size=\(size)", dataDirectory])
    }

    /// Starts the server if it has ended, and returns once it answers.
    package func ensureRunning(within limit: Duration = .seconds(60)) async throws {
        try await eventually(within: limit) {
            let status = Self.asServerUser(["\(binaries)/pg_ctl", "status", "-D", dataDirectory])
            if (try? await Self.runProcess(status)) == nil { try await start() }
            return try await answers()
        }
    }

    private func answers() async throws -> Bool {
        let ask = Self.asServerUser(["\(binaries)/pg_isready", "-q", "-h", directory, "-p", "\(port)"])
        return (try? await Self.runProcess(ask)) != nil
    }
}
