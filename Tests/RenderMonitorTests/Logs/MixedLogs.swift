// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Render
import RenderMonitor

private let list = "> vite build\ndist/index.html   0.46 kB │ gzip: 0.30 kB\n✓ built in 1.21s"

/// Several signatures in one log, in whatever order and wording tools have them.
let mixedLogs: [RecordedLog] = [
    .site(
        "an old Webpack on a new Node", publish: "out", "engine_mismatch", .person,
        "> react-scripts build\nError: error:0308010C:digital envelope routines::unsupported\n  code: 'ERR_OSSL_EVP_UNSUPPORTED'"
    ),
    .site(
        "Vite on an old Node", publish: "build", "engine_mismatch", .person,
        "You are using Node.js 18.20.4. Vite requires Node.js version 20.19+ or 22.12+.\nerror during build:\nTypeError: crypto.hash is not a function"
    ),
    .site(
        "Vite warns of an old Node and builds", publish: "build", "publish_dir_missing", .fix([.publishPath: "dist"]),
        "You are using Node.js 20.11.0. Vite requires Node.js version 20.19+ or 22.12+.\n" + list),
    .site(
        "Next on an old Node", publish: "out", isMissing: false, "engine_mismatch", .person,
        "You are using Node.js 16.20.2. For Next.js, Node.js version \">= v18.17.0\" is required."),
    .site(
        "npm ci without a lock file", "lockfile_drift", .person,
        "npm error code EUSAGE\nnpm error The `npm ci` command can only install with an existing package-lock.json or"),
    .site(
        "a frozen lock file of Berry", build: "yarn install --immutable && yarn build", "lockfile_drift", .person,
        "➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden."),
    .site(
        "a frozen lock file of bun", build: "bun install --frozen-lockfile && bun run build", "lockfile_drift", .person,
        "error: lockfile had changes, but lockfile is frozen"),
    .site(
        "a missing script of Berry", build: "yarn build", "missing_script", .person,
        "Usage Error: Couldn't find a script named \"build\"."),
    .site(
        "a missing script of bun", build: "bun run build", "missing_script", .person,
        "error: Script not found \"build\""),
    .site(
        "a tool behind a failed install", build: "npm install; npm run build", publish: "build", "dependency_conflict",
        .person,
        "npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\n> vite build\nsh: 1: vite: not found"
    ),
    .site(
        "a tool that npm install left out", build: "npm install; npm run build", publish: "build", "command_not_found",
        .fix([.buildCommand: "npm install --include=dev && npm run build"]),
        "added 12 packages\n> vite build\nsh: 1: vite: not found"),
    .site(
        "a tool named by itself", build: "vite build", "command_not_found",
        .fix([.buildCommand: "npm ci && npx vite build"]), "bash: line 1: vite: command not found"),
    .site(
        "a tool of another name in an error of its own", "command_not_found", .person,
        "sh: 1: $(reboot): not found\nsh: 1: cross-env: not found"),
    .site(
        "no space while a module is missing", publish: "build", order: .newestFirst, "disk_full", .person,
        "tar: write error: No space left on device\nModule not found: Error: Can't resolve './a' in '/opt/render/project/src/src'"
    ),
    .site(
        "types before CI's warnings", publish: "build", order: .shuffled, "type_error", .person,
        "src/a.ts(1,1): error TS2304: Cannot find name 'x'.\nTreating warnings as errors because process.env.CI = true."
    ),
    .site(
        "CI's warnings, shuffled", publish: "build", order: .shuffled, "ci_warnings_as_errors", .person,
        "> react-scripts build\n\nTreating warnings as errors because process.env.CI = true.\n[eslint] src/App.js"),
    .site(
        "a variable that a lint names", publish: "build", "publish_dir_missing", .fix([.publishPath: "dist"]),
        "  Line 3:1:  'JSX' is not defined  no-undef\n" + list),
    .site(
        "a database that is not reached while pages are made", publish: "out", "db_refused", .person,
        "> next build\nError: getaddrinfo ENOTFOUND dpg-abc123-a\nExport encountered errors on following paths:"),
    .site(
        "a lock file and the folder told newest first", publish: "build", order: .sameMomentNewestFirst,
        "lockfile_drift", .person, " ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\""),
    .site(
        "colours within the words", publish: "build", "step_failed", .person,
        "\u{1B}[31merror during\u{1B}[39m \u{1B}[1mbuild\u{1B}[22m:\n\u{1B}[33mboom\u{1B}[39m"),
    .site(
        "the variable before a command in the folder's place", publish: "CI=false npm run build", "fields_swapped",
        .fix([.publishPath: "dist"]), list),
    .site(
        "the build command in both places", build: "npm install && npm run build", publish: "npm run build",
        "fields_swapped", .fix([.publishPath: "dist"]), list),
    .site(
        "a command in the folder's place, and a server is built", publish: "npm run build", "ssr_as_static_site",
        .person,
        "> next build\n   ▲ Next.js 15.3.2\n ✓ Compiled successfully"),
    .site(
        "a server started by a script of many", publish: "npm run start:prod", "server_as_static_site", .person, list),
    .site(
        "a folder with a blank that is none", publish: "My Site", "publish_dir_missing", .fix([.publishPath: "dist"]),
        list),
    .site(
        "the folder that Render publishes unless told", publish: "public", "publish_dir_missing",
        .fix([.publishPath: "dist"]), list),
    .site(
        "the history of the sources", publish: "build", "publish_dir_missing", .person,
        "Output location: /opt/render/project/src/.git"),
    .site(
        "somebody's packages", publish: "build", "publish_dir_missing", .person,
        "Generated static files in \"node_modules/evil\"."),
    .site(
        "no beginning of an empty command", build: "", publish: "build", ran: "npm run old", "publish_dir_missing",
        .person,
        "nothing"),
    RecordedLog(
        name: "a server's crash while a build failed", build: "npm ci && npm run build", publish: "build",
        failure: EventReason.Failure(nonZeroExit: 1), order: .twice, signature: "publish_dir_missing",
        action: .fix([.publishPath: "dist"]),
        text: """
            ==> Downloading cache...
            \(cloned)
            ==> Downloaded 180MB in 3s. Extraction took 4s.
            ==> Using Node.js version 22.16.0 (default)
            ==> Docs on specifying a Node.js version: https://render.com/docs/node-version
            ==> Running build command 'npm ci && npm run build'...
            2 vulnerabilities (1 moderate, 1 high)
            Run `npm audit` for details.
            \(list)
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            ==> Common ways to troubleshoot your deploy: https://render.com/docs/troubleshooting-deploys
            """),
]
