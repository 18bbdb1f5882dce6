// SPDX-License-Identifier: Apache-2.0

import RenderMonitor

/// A build of which a step failed in words that have no signature, and that went on to the missing folder all the same, as
/// one does whose command ends in `; true` or `|| echo`.
private func step(_ name: String, publish: String = "build", _ lines: String...) -> RecordedLog {
    .site(
        name, build: "npm install; npm run build || true", publish: publish, "step_failed", .person,
        (["> site@1.0.0 build", "> vite build", "vite v5.4.10 building for production..."] + lines).joined(
            separator: "\n"))
}

/// Symptoms that only look like a matter of paths: the folder is missing since the build failed.
let stepLogs: [RecordedLog] = [
    step("Vite's own error", "error during build:", "[vite:css] [postcss] unknown word"),
    step("Vite's cross", "x Build failed in 812ms"),
    step("esbuild's cross", "✘ [ERROR] Expected \";\" but found \"}\""),
    step("npm's lifecycle", "npm error code 1", "npm error path /opt/render/project/src"),
    step("old npm's lifecycle", "npm ERR! errno 2", "npm ERR! site@1.0.0 build: `vite build`"),
    step("pnpm's lifecycle", " ELIFECYCLE  Command failed with exit code 1."),
    step("yarn's exit code", "error Command failed with exit code 2."),
    step("webpack's errors", "ERROR in ./src/index.js 4:0", "webpack 5.91.0 compiled with 1 error in 912 ms"),
    step(
        "an exception of Node", "SyntaxError: Unexpected token '<'",
        "    at wrapSafe (node:internal/modules/cjs/loader:1378:20)"),
    step("an exception of Python", "Traceback (most recent call last):", "  File \"gen.py\", line 3, in <module>"),
    step("make's stars", "make: *** [Makefile:4: site] Error 2"),
    step("the kernel", "bash: line 1:    97 Killed                  vite build"),
    step("a fault", "Segmentation fault (core dumped)"),
    step("Next's export", publish: "out", "Export encountered errors on following paths:"),
    step("Jekyll's template", publish: "_site", "  Liquid Exception: undefined method `tainted?' for nil"),
    step("Eleventy's template", publish: "_site", "[11ty] Problem writing Eleventy templates:"),
    step("Git in a build", "fatal: not a git repository (or any of the parent directories): .git"),
    step("Nuxt's error", publish: "dist", " ERROR  Cannot start nuxt: boom"),
    .site(
        "a failed build that listed its folder before", build: "npm run build; true", publish: "build", "step_failed",
        .person, "> vite build\ndist/index.html   0.46 kB │ gzip: 0.30 kB\nnpm error code ELIFECYCLE"),
    .site(
        "the root directory twice beside a failed build", root: "web", build: "npm run build; true",
        publish: "web/dist",
        "step_failed", .person, "> vite build\nerror during build:\nboom"),
    .site(
        "a framework that says nothing of its end", publish: "build", "publish_dir_missing", .person,
        "> vite build\nvite v5.4.10 building for production...\ntransforming (12)"),
    .site(
        "no missing script but a missing install", build: "npm install", publish: "build", "nothing_built", .propose,
        "added 12 packages in 2s\nRun `npm audit` for details."),
]
