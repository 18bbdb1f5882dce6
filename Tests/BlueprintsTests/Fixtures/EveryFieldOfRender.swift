// SPDX-License-Identifier: Apache-2.0

/// Every field of Render's own format.
enum EveryFieldOfRender {
    static let file = #"""
        # Every field of Render's own format once, with nothing in it that has to be mended.
        version: "1"
        previews:
          generation: off
          expireAfterDays: 3
        previewsEnabled: false
        previewsExpireAfterDays: 7
        buildSources:
          - name: shared
            git:
              repo: https://example.com/shared.git
              branch: main
              runtime: docker
              buildCommand: make
              buildFilter:
                paths: [src/**]
              envVars:
                - key: BUILD
                  value: "1"
              rootDir: app
              baseDir: .
              region: oregon
              dockerfilePath: ./Dockerfile
              registryCredential:
                fromRegistryCreds:
                  name: registry
          - name: pulled
            image:
              url: docker.io/library/nginx:1.27
              creds:
                fromRegistryCreds:
                  name: registry
        projects:
          - name: shop
            buildSources: []
            environments:
              - name: production
                networking:
                  isolation: enabled
                permissions:
                  protection: enabled
                services:
                  - type: pserv
                    name: inner
                    runtime: docker
                    buildSource: shared
                databases:
                  - name: inner-db
                envVarGroups:
                  - name: inner-group
                    envVars: []
              - name: staging
        ungrouped:
          services:
            - type: worker
              name: loner
              runtime: image
              image:
                url: ghcr.io/example/loner:2
                creds:
                  fromRegistryCreds:
                    name: registry
          databases: []
          envVarGroups:
          buildSources: []
        services:
          - type: web
            name: web
            runtime: docker
            region: frankfurt
            plan: pro plus
            repo: https://example.com/web.git
            branch: release-3.10
            rootDir: services/web
            dockerCommand: ./serve --port ${PORT}
            dockerContext: .
            dockerfilePath: ./Dockerfile
            registryCredential:
              fromRegistryCreds:
                name: registry
            numInstances: 2
            scaling:
              minInstances: 1
              maxInstances: 4
              targetMemoryPercent: 60
              targetCPUPercent: 70
            healthCheckPath: /up
            preDeployCommand: >-
              ./migrate
              --all "${DATABASE_URL}"
            initialDeployHook: ./seed
            domain: www.example.com
            domains:
              - example.com
            autoDeployTrigger: checksPass
            buildFilter:
              paths:
                - src/**
              ignoredPaths:
                - "**/*.md"
            previews:
              generation: manual
              plan: starter
              numInstances: 1
            previewPlan: starter
            maintenanceMode:
              enabled: true
              uri: https://example.com/back-soon
            maxShutdownDelaySeconds: 90
            ipAllowList:
              - source: 203.0.113.0/24
                description: office
            renderSubdomainPolicy: disabled
            envVars:
              - key: PLAIN
                value: off
              - key: NUMBER
                value: 8080
              - key: QUOTED
                value: "3.10"
              - key: BLOCK
                value: |
                  first ${NOT_REPLACED}
                    second
              - key: MADE
                generateValue: true
              - key: ENTERED
                sync: false
              - key: PREVIEWED
                value: live
                previewValue: preview
              - key: DATABASE_URL
                fromDatabase:
                  name: store
                  property: connectionPoolString
              - key: CACHE_URL
                fromService:
                  type: keyvalue
                  name: cache
                  property: connectionString
              - key: BACK
                fromService:
                  type: pserv
                  name: back
                  property: hostport
              - key: BACK_TOKEN
                fromService:
                  type: pserv
                  name: back
                  envVarKey: TOKEN
              - fromGroup: shared
          - type: pserv
            name: back
            runtime: node
            buildCommand: npm ci
            startCommand: npm start
            disk:
              name: data
              mountPath: /data
              sizeGB: 20
            autoDeploy: false
            pullRequestPreviewsEnabled: true
            envVars:
              - key: TOKEN
                generateValue: true
          - type: cron
            name: nightly
            runtime: python
            schedule: "0 3 * * *"
            buildCommand: pip install .
            startCommand: python -m nightly
            plan: starter
            region: ohio
          - type: web
            name: site
            runtime: static
            buildCommand: npm run build
            staticPublishPath: ./dist
            headers:
              - path: /*
                name: X-Frame-Options
                value: DENY
            routes:
              - type: redirect
                source: /old
                destination: /new
              - type: rewrite
                source: /*
                destination: /index.html
            preDeployCommand: npm run check
            renderSubdomainPolicy: enabled
            ipAllowList: []
          - type: workflow
            name: flow
            runtime: node
            region: oregon
            startCommand: npm run flow
          - type: keyvalue
            name: cache
            region: frankfurt
            plan: starter
            previewPlan: free
            ipAllowList: []
            maxmemoryPolicy: allkeys-lru
            persistenceMode: off
        databases:
          - name: store
            databaseName: shop
            user: shop_owner
            region: frankfurt
            plan: basic-256mb
            diskSizeGB: 15
            storageAutoscalingEnabled: true
            connectionPool: pgbouncer
            previewPlan: free
            previewDiskSizeGB: 1
            postgresMajorVersion: "17"
            highAvailability:
              enabled: true
            ipAllowList: []
            readReplicas:
              - name: store-replica
        envVarGroups:
          - name: shared
            envVars:
              - key: LEVEL
                value: info
              - key: SECRET
                generateValue: true

        """#
}
