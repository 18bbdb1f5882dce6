// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderMonitor

private let vite = """
    \(cloned)
    ==> Using Node.js version 22.16.0 (default)
    ==> Running build command 'npm ci && npm run build'...
    added 211 packages in 4s
    > site@1.0.0 build
    > vite build
    vite v5.4.10 building for production...
    ✓ 34 modules transformed.
    """

/// Folders to publish that are not there after a build that went well.
let publishLogs: [RecordedLog] = [
    RecordedLog(
        name: "Vite writes dist, build is set", build: "npm ci && npm run build", publish: "build",
        signature: "publish_dir_missing", action: .fix([.publishPath: "dist"]),
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            dist/assets/index-DiwrgTda.css    1.39 kB │ gzip:  0.72 kB
            ✓ built in 1.21s
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "Vite with another output folder", build: "npm ci && npm run build", publish: "dist",
        signature: "publish_dir_missing", action: .fix([.publishPath: "www"]),
        text: """
            \(vite)
            www/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "Vite that writes outside its folder", build: "npm ci && npm run build", publish: "dist",
        signature: "publish_dir_missing", action: .person,
        text: """
            \(vite)
            ../public/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the blueprint holds the wrong folder too", build: "npm ci && npm run build", publish: "build",
        blueprint: [.publishPath: "./build"], signature: "publish_dir_missing", action: .patch([.publishPath: "dist"]),
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the blueprint holds the right folder", build: "npm ci && npm run build", publish: "build",
        blueprint: [.publishPath: "dist"], signature: "publish_dir_missing", action: .fix([.publishPath: "dist"]),
        text: """
            \(vite)
            ✓ built in 1.21s
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "blueprint and log name different folders", build: "npm ci && npm run build", publish: "build",
        blueprint: [.publishPath: "public"], signature: "publish_dir_missing", action: .patch([.publishPath: "dist"]),
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the root directory twice", root: "frontend", build: "npm ci && npm run build", publish: "frontend/dist",
        signature: "double_prefix", action: .fix([.publishPath: "dist"]),
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory frontend/dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the root directory twice, and in the blueprint", root: "frontend", build: "npm ci && npm run build",
        publish: "frontend/dist", blueprint: [.publishPath: "frontend/dist", .rootDir: "frontend"],
        signature: "double_prefix", action: .patch([.publishPath: "dist"]),
        text: """
            \(vite)
            ✓ built in 1.21s
            ==> Publish directory frontend/dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a build command that goes into a folder", build: "cd frontend && npm ci && npm run build",
        publish: "dist",
        signature: "publish_dir_missing", action: .fix([.publishPath: "frontend/dist"]),
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a build command that goes to several folders",
        build: "cd a && npm run build && cd ../b && npm run build", publish: "dist", signature: "publish_dir_missing",
        action: .person,
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a script that goes into a folder", build: "npm ci && npm run build", publish: "dist",
        signature: "publish_dir_missing", action: .person,
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            > monorepo@1.0.0 build
            > cd client && npm run build
            > client@1.0.0 build
            > vite build
            vite v5.4.10 building for production...
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a workspace's build", build: "npm ci && npm run build --workspace=web", publish: "build",
        signature: "publish_dir_missing", action: .person,
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "two sites in one build", build: "npm ci && npm run build", publish: "build",
        signature: "publish_dir_missing", action: .person,
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            admin/index.html                  0.46 kB │ gzip:  0.30 kB
            ✓ built in 0.90s
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the usual folder is set and not there", build: "npm ci && npm run build", publish: "dist",
        signature: "publish_dir_missing", action: .person,
        text: """
            \(vite)
            ✓ built in 1.21s
            ==> Publish directory dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a setting that was changed since", build: "npm ci && npm run build", publish: "dist",
        signature: "publish_dir_missing", action: .person,
        text: """
            \(vite)
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a build nobody knows", build: "make site", publish: "public", signature: "publish_dir_missing",
        action: .person,
        text: """
            \(cloned)
            ==> Running build command 'make site'...
            pandoc -o out.html in.md
            ==> Publish directory public does not exist!
            ==> Build failed 😞
            """),
]
