// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderMonitor

/// Build commands that are missing, misplaced or wrong.
let commandLogs: [RecordedLog] = [
    .site(
        "no build command, dist is published", build: "", publish: "dist", "nothing_built",
        .fix([.buildCommand: "npm ci && npm run build"])),
    .site(
        "no build command, an Angular site", build: "", publish: "dist/shop/browser", "nothing_built",
        .fix([.buildCommand: "npm ci && npm run build"])),
    .site(
        "no build command, several frameworks publish so", build: "", publish: "_site", "nothing_built", .person),
    .site(
        "no build command, the blueprint has one", build: "", publish: "_site",
        blueprint: [.buildCommand: "bundle exec jekyll build"], "nothing_built",
        .fix([.buildCommand: "bundle exec jekyll build"])),
    .site(
        "no build command, and the blueprint wants none", build: "", publish: "dist", blueprint: [.buildCommand: ""],
        "nothing_built", .patch([.buildCommand: "npm ci && npm run build"])),
    .site(
        "the build command is the publish directory", build: "", publish: "npm run build", "fields_swapped", .propose),
    .site(
        "two settings in each other's place", build: "dist", publish: "npm run build", isMissing: false,
        "fields_swapped", .fix([.buildCommand: "npm ci && npm run build", .publishPath: "dist"]),
        "bash: line 1: dist: command not found"),
    .site(
        "a command in place of the folder, which the blueprint knows", publish: "yarn build",
        blueprint: [.publishPath: "build"], "fields_swapped", .fix([.publishPath: "build"]),
        "> react-scripts build"),
    .site(
        "a server's start as publish directory", build: "", publish: "npm start", "server_as_static_site", .person),
    .site(
        "streamlit as a static site", build: "pip install -r requirements.txt", publish: "streamlit run main.py",
        "server_as_static_site", .person,
        "Successfully installed streamlit-1.40.0"),
    .site(
        "a tool that was not installed", build: "npm run build", publish: "dist", isMissing: false, "command_not_found",
        .fix([.buildCommand: "npm ci && npm run build"]),
        "> site@1.0.0 build\n> vite build\nsh: 1: vite: not found"),
    .site(
        "development dependencies were left out", build: "npm install && npm run build", publish: "dist",
        isMissing: false, "command_not_found", .fix([.buildCommand: "npm install --include=dev && npm run build"]),
        "> tsc && vite build\nsh: 1: tsc: not found\n==> Exited with status 127"),
    .site(
        "the blueprint leaves development dependencies out", build: "npm run build", publish: "dist",
        blueprint: [.buildCommand: "npm run build"], isMissing: false, "command_not_found",
        .patch([.buildCommand: "npm ci && npm run build"]),
        "sh: 1: vite: not found"),
    .site(
        "a program that Render does not have", build: "npm run build", publish: "dist", isMissing: false,
        "command_not_found", .person,
        "sh: 1: zola: not found"),
    .site(
        "a tool missing in a command of its own kind", build: "npm run build:prod && ./scripts/copy", publish: "dist",
        isMissing: false, "command_not_found", .person,
        "sh: 1: vite: not found"),
    .site(
        "a missing script", publish: "dist", isMissing: false, "missing_script", .person,
        "npm error Missing script: \"build\"\nnpm error To see a list of scripts, run:\nnpm error   npm run"),
    .site(
        "a missing script, and the blueprint names another", publish: "dist",
        blueprint: [.buildCommand: "npm ci && npm run build:site"], isMissing: false, "missing_script",
        .fix([.buildCommand: "npm ci && npm run build:site"]),
        "npm ERR! Missing script: \"build\""),
    RecordedLog(
        name: "a web service's tool is not installed", type: "web_service", build: "npm run build",
        signature: "command_not_found", action: .propose,
        text: """
            \(cloned)
            ==> Running build command 'npm run build'...
            sh: 1: tsc: not found
            ==> Build failed 😞
            """),
]
