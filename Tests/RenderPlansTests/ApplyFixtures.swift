// SPDX-License-Identifier: Apache-2.0

import Blueprints

/// Blueprints for applies.
enum ApplyFixtures {
    /// Everything that an apply has a call for, and two services that refer to each other.
    static let suite = Blueprint.text(
        """
        projects:
          - name: shop
            environments:
              - name: production
                databases:
                  - name: orders-db
                    plan: basic-256mb
                    postgresMajorVersion: "17"
                services:
                  - type: keyvalue
                    name: cache
                    plan: starter
                    ipAllowList: []
                    maxmemoryPolicy: allkeys-lru
                  - type: web
                    name: api
                    runtime: docker
                    plan: standard
                    healthCheckPath: /healthz
                    scaling:
                      minInstances: 1
                      maxInstances: 3
                      targetCPUPercent: 70
                    domains: [api.acme.example]
                    envVars:
                      - key: DATABASE_URL
                        fromDatabase: { name: orders-db, property: connectionString }
                      - key: CACHE_URL
                        fromService: { name: cache, type: keyvalue, property: connectionString }
                      - key: WORKER_HOST
                        fromService: { name: indexer, type: pserv, property: hostport }
                      - key: LOG_LEVEL
                        value: info
                      - fromGroup: shared
                  - type: pserv
                    name: indexer
                    runtime: python
                    buildCommand: pip install -r requirements.txt
                    startCommand: python indexer.py
                    disk: { name: index, mountPath: /data, sizeGB: 5 }
                    envVars:
                      - key: API_HOST
                        fromService: { name: api, type: web, property: host }
                      - key: SESSION_SECRET
                        generateValue: true
                  - type: web
                    name: site
                    runtime: static
                    buildCommand: npm ci && npm run build
                    staticPublishPath: dist
                    headers:
                      - { path: /*, name: X-Frame-Options, value: DENY }
                    routes:
                      - { type: rewrite, source: /*, destination: /index.html }
                    envVars:
                      - key: API_URL
                        fromService: { name: api, type: web, envVarKey: RENDER_EXTERNAL_URL }
                  - type: cron
                    name: report
                    runtime: node
                    schedule: "0 6 * * *"
                    buildCommand: npm ci
                    startCommand: node report.js
                    envVars:
                      - fromGroup: shared
                envVarGroups:
                  - name: shared
                    envVars:
                      - key: SIGNING_KEY
                        generateValue: true
                      - key: REGION
                        value: eu
        """)

    /// Two services, one of which needs the database.
    static func small(_ changes: (inout String) -> Void = { _ in }) -> Blueprint {
        var text = """
            databases:
              - name: db
                plan: basic-256mb
            services:
              - type: web
                name: web
                runtime: node
                buildCommand: npm ci
                startCommand: npm start
                envVars:
                  - key: DATABASE_URL
                    fromDatabase: { name: db, property: connectionString }
                  - key: MODE
                    value: one
              - type: worker
                name: worker
                runtime: node
                buildCommand: npm ci
                startCommand: node worker.js
                envVars:
                  - key: MODE
                    value: one
            """
        changes(&text)
        return .text(text)
    }
}

extension ApplyFixtures {
    /// The suite with something changed of each kind.
    static let changedSuite = Blueprint.text(
        """
        projects:
          - name: shop
            environments:
              - name: production
                permissions: { protection: enabled }
                databases:
                  - name: orders-db
                    plan: pro-4gb
                    postgresMajorVersion: "17"
                services:
                  - type: keyvalue
                    name: cache
                    plan: standard
                    ipAllowList: []
                    maxmemoryPolicy: allkeys-lru
                  - type: web
                    name: api
                    runtime: docker
                    plan: pro
                    healthCheckPath: /health
                    scaling:
                      minInstances: 2
                      maxInstances: 4
                      targetCPUPercent: 60
                    domains: [api.acme.example, www.acme.example]
                    envVars:
                      - key: DATABASE_URL
                        fromDatabase: { name: orders-db, property: connectionString }
                      - key: LOG_LEVEL
                        value: debug
                      - key: NEW
                        value: one
                      - fromGroup: shared
                      - fromGroup: more
                  - type: pserv
                    name: indexer
                    runtime: python
                    buildCommand: pip install -r requirements.txt
                    startCommand: python indexer.py --fast
                    disk: { name: index, mountPath: /data, sizeGB: 10 }
                  - type: web
                    name: site
                    runtime: static
                    buildCommand: npm ci && npm run build
                    staticPublishPath: out
                    headers:
                      - { path: /*, name: X-Frame-Options, value: SAMEORIGIN }
                    routes:
                      - { type: redirect, source: /old, destination: /new }
                      - { type: rewrite, source: /*, destination: /index.html }
                  - type: cron
                    name: report
                    runtime: node
                    schedule: "0 7 * * *"
                    buildCommand: npm ci
                    startCommand: node report.js
                    envVars:
                      - fromGroup: shared
                envVarGroups:
                  - name: shared
                    envVars:
                      - key: SIGNING_KEY
                        generateValue: true
                      - key: REGION
                        value: us
                  - name: more
                    envVars:
                      - key: EXTRA
                        value: "1"
        """)
}
