// SPDX-License-Identifier: Apache-2.0

/// Every field of the API's shape.
enum EveryFieldOfAPI {
    static let file = #"""
        # Every field of the API's shape once, with variables in maps and what a person enters as __REPLACE__.
        services:
          - type: web_service
            name: web
            ownerId: tea-00000000
            environmentId: evm-00000000
            repo: https://example.com/web.git
            branch: main
            rootDir: services/web
            autoDeploy: yes
            buildFilter:
              paths: [src/**]
              ignoredPaths: []
            secretFiles:
              - name: key.pem
                content: nothing to see
            serviceDetails:
              runtime: docker
              plan: pro_plus
              region: frankfurt
              numInstances: 2
              autoscaling:
                enabled: true
                min: 1
                max: 3
                criteria:
                  cpu: {enabled: true, percentage: 70}
                  memory: {enabled: false, percentage: 80}
              envSpecificDetails:
                dockerCommand: ./serve
                dockerContext: .
                dockerfilePath: ./Dockerfile
                registryCredentialId: rgc-00000000
                preDeployCommand: ./migrate
              healthCheckPath: /up
              maintenanceMode: {enabled: false, uri: ""}
              maxShutdownDelaySeconds: 60
              pullRequestPreviewsEnabled: no
              renderSubdomainPolicy: enabled
              ipAllowList:
                - cidrBlock: 203.0.113.0/24
                  description: office
            env:
              PLAIN: off
              NUMBER: 3.10
              TRUTH: true
              ENTERED: __REPLACE__
              MADE: {generateValue: true}
              STORE: {fromDatabase: {name: store, property: connectionString}}
          - type: static_site
            name: site
            serviceDetails:
              rootDir: frontend
              autoDeploy: no
              buildCommand: npm run build
              publishPath: dist
              previews: {generation: off}
              headers:
                - {path: /*, name: X-Frame-Options, value: DENY}
              routes:
                - {type: rewrite, source: /*, destination: /index.html, priority: 0}
            envVars:
              - key: NODE_VERSION
                value: 22
          - type: private_service
            name: back
            env: node
            serviceDetails:
              envSpecificDetails: {buildCommand: npm ci, startCommand: npm start}
              disk: {name: data, mountPath: /data, sizeGB: 20}
              autoscaling:
          - type: background_worker
            name: puller
            image: {ownerId: tea-00000000, imagePath: "docker.io/library/nginx:1.27", registryCredentialId: rgc-00000000}
            serviceDetails: {runtime: image, plan: starter}
          - type: cron_job
            name: nightly
            autoDeployTrigger: off
            serviceDetails:
              runtime: python
              schedule: "0 3 * * *"
              envSpecificDetails: {buildCommand: pip install ., startCommand: python -m nightly}
          - type: key_value
            name: cache
            serviceDetails:
              plan: pro_plus
              maxmemoryPolicy: allkeys_lru
              ipAllowList: []
        databases:
          - name: store
            databaseUser: owner
            version: "17"
            enableDiskAutoscaling: true
            enableHighAvailability: false
            readReplicas: []
        envVarGroups:
          - name: shared
            envVars:
              LEVEL: info
              TOKEN: __REPLACE__

        """#

    static let internalForm = #"""
        3:5 service/web web_service
            19:7 plan = "pro_plus"
            20:7 region = "frankfurt"
            18:7 runtime = "docker"
            7:5 repo = "https://example.com/web.git"
            8:5 branch = "main"
            9:5 rootDir = "services/web"
            34:9 preDeployCommand = "./migrate"
            30:9 dockerCommand = "./serve"
            31:9 dockerContext = "."
            32:9 dockerfilePath = "./Dockerfile"
            21:7 numInstances = 2
            22:7 scaling = {"min":1,"max":3,"cpu":70}
            35:7 healthCheckPath = "/up"
            10:5 autoDeployTrigger = "commit"
            11:5 buildFilter = {"paths":["src/**"],"ignoredPaths":[]}
            38:7 previews = {"generation":"off"}
            36:7 maintenanceMode = {"enabled":false,"uri":""}
            37:7 maxShutdownDelaySeconds = 60
            40:7 ipAllowList = [{"cidrBlock":"203.0.113.0/24","description":"office"}]
            39:7 renderSubdomainPolicy = "enabled"
            44:7 PLAIN = "off"
            45:7 NUMBER = "3.10"
            46:7 TRUTH = "true"
            47:7 ENTERED entered
            48:7 MADE generated
            49:7 STORE from postgres/store.connectionString
        50:5 service/site static_site
            53:7 rootDir = "frontend"
            55:7 buildCommand = "npm run build"
            56:7 publishPath = "dist"
            58:7 headers = [{"path":"/*","name":"X-Frame-Options","value":"DENY"}]
            60:7 routes = [{"type":"rewrite","source":"/*","destination":"/index.html"}]
            54:7 autoDeployTrigger = "off"
            57:7 previews = {"generation":"off"}
            63:9 NODE_VERSION = "22"
        65:5 service/back private_service
            67:5 runtime = "node"
            69:28 buildCommand = "npm ci"
            69:50 startCommand = "npm start"
            71:7 scaling = null
            70:7 disk = {"name":"data","mountPath":"/data","sizeGB":20}
        72:5 service/puller background_worker
            75:38 plan = "starter"
            75:22 runtime = "image"
            74:5 image = {"url":"docker.io/library/nginx:1.27"}
        76:5 service/nightly cron_job
            80:7 runtime = "python"
            82:28 buildCommand = "pip install ."
            82:57 startCommand = "python -m nightly"
            81:7 schedule = "0 3 * * *"
            78:5 autoDeployTrigger = "off"
        83:5 key-value/cache
            86:7 plan = "pro_plus"
            88:7 ipAllowList = []
            87:7 maxmemoryPolicy = "allkeys_lru"
        90:5 postgres/store
            91:5 databaseUser = "owner"
            92:5 version = "17"
            93:5 storageAutoscaling = true
            94:5 highAvailability = false
            95:5 readReplicas = []
        97:5 env-group/shared
            99:7 LEVEL = "info"
            100:7 TOKEN entered
        """#

    static let diagnostics = #"""
        unsupported 5:5 services[0].ownerId out_of_reach
        unsupported 6:5 services[0].environmentId out_of_reach
        unsupported 14:5 services[0].secretFiles out_of_reach
        unsupported 33:9 services[0].serviceDetails.envSpecificDetails.registryCredentialId out_of_reach
        warning 38:7 services[0].serviceDetails.pullRequestPreviewsEnabled older_spelling
        warning 45:15 services[0].env.NUMBER unquoted_text
        warning 46:14 services[0].env.TRUTH unquoted_text
        unsupported 61:65 services[1].serviceDetails.routes[0].priority out_of_reach
        warning 67:5 services[2].env older_spelling
        unsupported 74:13 services[3].image.ownerId out_of_reach
        unsupported 74:79 services[3].image.registryCredentialId out_of_reach
        """#
}
