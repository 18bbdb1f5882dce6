// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderMonitor

/// Build commands that are missing, misplaced or wrong.
let commandLogs: [RecordedLog] = [
    RecordedLog(
        name: "no build command, dist is published", publish: "dist", signature: "nothing_built",
        action: .fix([.buildCommand: "npm ci && npm run build"]),
        text: """
            \(cloned)
            ==> Using Node.js version 22.16.0 via /opt/render/project/src/package.json
            ==> Empty build command; skipping build
            ==> Publish directory dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "no build command, an Angular site", publish: "dist/shop/browser", signature: "nothing_built",
        action: .fix([.buildCommand: "npm ci && npm run build"]),
        text: """
            \(cloned)
            ==> Empty build command; skipping build
            ==> Publish directory dist/shop/browser does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "no build command, several frameworks publish so", publish: "_site", signature: "nothing_built",
        action: .person,
        text: """
            \(cloned)
            ==> Empty build command; skipping build
            ==> Publish directory _site does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "no build command, the blueprint has one", publish: "_site",
        blueprint: [.buildCommand: "bundle exec jekyll build"], signature: "nothing_built",
        action: .fix([.buildCommand: "bundle exec jekyll build"]),
        text: """
            \(cloned)
            ==> Empty build command; skipping build
            ==> Publish directory _site does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "no build command, and the blueprint wants none", publish: "dist", blueprint: [.buildCommand: ""],
        signature: "nothing_built", action: .patch([.buildCommand: "npm ci && npm run build"]),
        text: """
            \(cloned)
            ==> Empty build command; skipping build
            ==> Publish directory dist does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the build command is the publish directory", publish: "npm run build", signature: "fields_swapped",
        action: .propose,
        text: """
            \(cloned)
            ==> Empty build command; skipping build
            ==> Publish directory npm run build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "two settings in each other's place", build: "dist", publish: "npm run build",
        signature: "fields_swapped",
        action: .fix([.buildCommand: "npm ci && npm run build", .publishPath: "dist"]),
        text: """
            \(cloned)
            ==> Running build command 'dist'...
            bash: line 1: dist: command not found
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a command in place of the folder, which the blueprint knows", build: "npm ci && npm run build",
        publish: "yarn build", blueprint: [.publishPath: "build"], signature: "fields_swapped",
        action: .fix([.publishPath: "build"]),
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            > react-scripts build
            ==> Publish directory yarn build does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a server's start as publish directory", publish: "npm start", signature: "server_as_static_site",
        action: .person,
        text: """
            \(cloned)
            ==> Empty build command; skipping build
            ==> Publish directory npm start does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "streamlit as a static site", build: "pip install -r requirements.txt", publish: "streamlit run main.py",
        signature: "server_as_static_site", action: .person,
        text: """
            \(cloned)
            ==> Running build command 'pip install -r requirements.txt'...
            Successfully installed streamlit-1.40.0
            ==> Publish directory streamlit run main.py does not exist!
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a tool that was not installed", build: "npm run build", publish: "dist", signature: "command_not_found",
        action: .fix([.buildCommand: "npm ci && npm run build"]),
        text: """
            \(cloned)
            ==> Running build command 'npm run build'...
            > site@1.0.0 build
            > vite build
            sh: 1: vite: not found
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "development dependencies were left out", build: "npm install && npm run build", publish: "dist",
        signature: "command_not_found", action: .fix([.buildCommand: "npm ci --include=dev && npm run build"]),
        text: """
            \(cloned)
            ==> Running build command 'npm install && npm run build'...
            > tsc && vite build
            sh: 1: tsc: not found
            ==> Exited with status 127
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the blueprint leaves development dependencies out", build: "npm run build", publish: "dist",
        blueprint: [.buildCommand: "npm run build"], signature: "command_not_found",
        action: .patch([.buildCommand: "npm ci && npm run build"]),
        text: """
            \(cloned)
            ==> Running build command 'npm run build'...
            sh: 1: vite: not found
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a program that Render does not have", build: "npm run build", publish: "dist",
        signature: "command_not_found", action: .person,
        text: """
            \(cloned)
            ==> Running build command 'npm run build'...
            sh: 1: zola: not found
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a tool missing in a command of its own kind", build: "npm run build:prod && ./scripts/copy",
        publish: "dist",
        signature: "command_not_found", action: .person,
        text: """
            \(cloned)
            ==> Running build command 'npm run build:prod && ./scripts/copy'...
            sh: 1: vite: not found
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a missing script", build: "npm ci && npm run build", publish: "dist", signature: "missing_script",
        action: .person,
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            npm error Missing script: "build"
            npm error To see a list of scripts, run:
            npm error   npm run
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a missing script, and the blueprint names another", build: "npm ci && npm run build", publish: "dist",
        blueprint: [.buildCommand: "npm ci && npm run build:site"], signature: "missing_script",
        action: .fix([.buildCommand: "npm ci && npm run build:site"]),
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            npm ERR! Missing script: "build"
            ==> Build failed 😞
            """),
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
