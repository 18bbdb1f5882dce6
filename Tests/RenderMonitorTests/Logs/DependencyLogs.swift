// SPDX-License-Identifier: Apache-2.0

import RenderMonitor

private func failed(_ lines: String, then tail: String = "==> Build failed 😞") -> String {
    """
    \(cloned)
    ==> Running build command 'npm ci && npm run build'...
    \(lines)
    \(tail)
    """
}

private let missing = "==> Publish directory build does not exist!\n==> Build failed 😞"
private let npm = "npm ci && npm run build"

private func person(_ name: String, _ signature: String, _ lines: String, publish: String = "build") -> RecordedLog {
    RecordedLog(
        name: name, build: npm, publish: publish, signature: signature, action: .person, text: failed(lines))
}

/// What is wrong with sources and dependencies, some of it looking like a matter of paths.
let dependencyLogs: [RecordedLog] = [
    RecordedLog(
        name: "CI warnings, then a publish directory that is not there", build: npm, publish: "build",
        signature: "ci_warnings_as_errors", action: .person,
        text: failed(
            "> react-scripts build\nTreating warnings as errors because process.env.CI = true.\nMost CI servers set it automatically.\nFailed to compile.",
            then: missing)),
    RecordedLog(
        name: "sources that do not compile, then no publish directory", build: npm, publish: "build",
        signature: "type_error", action: .person,
        text: failed("> tsc && vite build\nsrc/App.tsx(3,8): error TS2307: Cannot find name 'x'.", then: missing)),
    RecordedLog(
        name: "a module that is missing, then no publish directory", build: npm, publish: "build",
        signature: "module_not_found", action: .person,
        text: failed(
            "Module not found: Error: Can't resolve './Header' in '/opt/render/project/src/src'", then: missing)),
    person(
        "a lock file behind its manifest", "lockfile_drift",
        "npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync."
    ),
    person(
        "a frozen lock file of pnpm", "lockfile_drift",
        " ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\" because pnpm-lock.yaml is not up to date"),
    person(
        "a frozen lock file of yarn", "lockfile_drift",
        "error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`."),
    person(
        "yarn and the version of Node", "engine_mismatch",
        "error vite@7.0.0: The engine \"node\" is incompatible with this module. Expected version \">=20.19\". Got \"18.20.4\""
    ),
    person(
        "npm and the version of Node", "engine_mismatch",
        "npm error code EBADENGINE\nnpm error engine Unsupported engine"),
    RecordedLog(
        name: "a warning about the version of Node beside a wrong folder", build: npm, publish: "build",
        signature: "publish_dir_missing", action: .fix([.publishPath: "dist"]),
        text: failed(
            "npm warn EBADENGINE Unsupported engine {\n> vite build\ndist/index.html  0.46 kB │ gzip:  0.30 kB\n✓ built in 1.0s",
            then: missing)),
    person(
        "dependencies that exclude each other", "dependency_conflict",
        "npm error code ERESOLVE\nnpm error ERESOLVE could not resolve"),
    person(
        "Node's heap", "heap_oom",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\nAborted (core dumped)"),
    person("no space left", "disk_full", "npm error code ENOSPC\nnpm error syscall write"),
    RecordedLog(
        name: "a cache that does not go with the build", build: npm, publish: "dist", signature: "cache_suspect",
        action: .clearCache,
        text: failed(
            "> vite build\nError: Cannot find module @rollup/rollup-linux-x64-gnu. npm has a bug related to optional dependencies"
        )),
    RecordedLog(
        name: "a Dockerfile that is not there", type: "web_service", signature: "dockerfile_missing", action: .person,
        text: """
            \(cloned)
            #1 [internal] load build definition from Dockerfile
            error: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a Docker context that is not there", type: "web_service", signature: "dockerfile_missing",
        action: .person,
        text: """
            \(cloned)
            error: invalid local: resolve : lstat backend: no such file or directory
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a file that is not in the Docker context", type: "web_service", signature: "docker_copy_failed",
        action: .person,
        text: """
            \(cloned)
            #7 ERROR: failed to calculate checksum of ref abc: "/requirements.txt": not found
            error: failed to solve: failed to compute cache key: failed to calculate checksum
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a build that fails without a known word", build: npm, publish: "dist", signature: "exited_status",
        action: .person,
        text: failed("something nobody has seen before\n==> Exited with status 1")),
    RecordedLog(
        name: "a build that says nothing at all", build: npm, publish: "dist", signature: "build_failed_generic",
        action: .person, text: failed("one\ntwo\nthree")),
    RecordedLog(
        name: "a Python module that is missing", type: "web_service", build: "pip install -r requirements.txt",
        signature: "module_not_found", action: .person,
        text: """
            \(cloned)
            ==> Running build command 'pip install -r requirements.txt'...
            ModuleNotFoundError: No module named 'setuptools'
            ==> Build failed 😞
            """),
]
