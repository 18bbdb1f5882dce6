// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderMonitor

private let missing = "publish_dir_missing"

/// What Vite prints around the list of files that it wrote.
private func vite(_ files: String...) -> String {
    let list = files.map { "\($0)                   0.46 kB │ gzip:  0.30 kB" }
    return
        (["> site@1.0.0 build", "> vite build", "vite v5.4.10 building for production...", "✓ 34 modules transformed."]
        + list + ["✓ built in 1.21s"]).joined(separator: "\n")
}

/// Folders to publish that are not there after a build that went well.
let publishLogs: [RecordedLog] = [
    .site(
        "Vite writes dist, build is set", publish: "build", missing, .fix([.publishPath: "dist"]),
        vite("dist/index.html", "dist/assets/index-DiwrgTda.css")),
    .site("Vite with another output folder", missing, .fix([.publishPath: "www"]), vite("www/index.html")),
    .site("Vite that writes outside its folder", missing, .person, vite("../public/index.html")),
    .site(
        "the blueprint holds the wrong folder too", publish: "build", blueprint: [.publishPath: "./build"], missing,
        .patch([.publishPath: "dist"]), vite("dist/index.html")),
    .site(
        "the blueprint holds the right folder", publish: "build", blueprint: [.publishPath: "dist"], missing,
        .fix([.publishPath: "dist"]), vite()),
    .site(
        "blueprint and log name different folders", publish: "build", blueprint: [.publishPath: "public"], missing,
        .patch([.publishPath: "dist"]), vite("dist/index.html")),
    .site(
        "the root directory twice", root: "frontend", publish: "frontend/dist", "double_prefix",
        .fix([.publishPath: "dist"]), vite("dist/index.html")),
    .site(
        "the root directory twice, and in the blueprint", root: "frontend", publish: "frontend/dist",
        blueprint: [.publishPath: "frontend/dist", .rootDir: "frontend"], "double_prefix",
        .patch([.publishPath: "dist"]), vite()),
    .site(
        "a build command that goes into a folder", build: "cd frontend && npm ci && npm run build", missing,
        .fix([.publishPath: "frontend/dist"]), vite("dist/index.html")),
    .site(
        "a build command that goes to several folders", build: "cd a && npm run build && cd ../b && npm run build",
        missing, .person, vite("dist/index.html")),
    .site(
        "a script that goes into a folder", missing, .person,
        "> monorepo@1.0.0 build\n> cd client && npm run build\n" + vite("dist/index.html")),
    .site(
        "a workspace's build", build: "npm ci && npm run build --workspace=web", publish: "build", missing, .person,
        vite("dist/index.html")),
    .site(
        "two sites in one build", publish: "build", missing, .person,
        vite("dist/index.html") + "\n" + vite("admin/index.html")),
    .site("the usual folder is set and not there", missing, .person, vite()),
    .site("a build nobody knows", build: "make site", publish: "public", missing, .person, "pandoc -o out.html in.md"),
    RecordedLog(
        name: "a setting that was changed since", build: "npm ci && npm run build", publish: "dist", signature: missing,
        action: .person,
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            \(vite("dist/index.html"))
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
]
