// SPDX-License-Identifier: Apache-2.0

extension EveryFieldOfRender {
    static let internalForm = #"""
        34:5 project/shop
        37:9 environment/shop/production
            38:9 networkIsolation = "enabled"
            40:9 protection = "protected"
        43:13 service/inner private_service in environment/shop/production
            45:13 runtime = "docker"
            46:13 buildSource = "shared"
        48:13 postgres/inner-db in environment/shop/production
        50:13 env-group/inner-group in environment/shop/production
        52:9 environment/shop/staging
        55:7 service/loner background_worker
            57:7 runtime = "image"
            58:7 image = {"url":"ghcr.io/example/loner:2","registryCredential":"registry"}
        67:5 service/web web_service
            71:5 plan = "pro_plus"
            70:5 region = "frankfurt"
            69:5 runtime = "docker"
            72:5 repo = "https://example.com/web.git"
            73:5 branch = "release-3.10"
            74:5 rootDir = "services/web"
            88:5 preDeployCommand = "./migrate --all \"${DATABASE_URL}\""
            75:5 dockerCommand = "./serve --port ${PORT}"
            76:5 dockerContext = "."
            77:5 dockerfilePath = "./Dockerfile"
            78:5 registryCredential = "registry"
            81:5 numInstances = 2
            82:5 scaling = {"min":1,"max":4,"memory":60,"cpu":70}
            87:5 healthCheckPath = "/up"
            92:5 domains = ["www.example.com","example.com"]
            95:5 autoDeployTrigger = "checksPass"
            91:5 initialDeployHook = "./seed"
            96:5 buildFilter = {"paths":["src/**"],"ignoredPaths":["**/*.md"]}
            101:5 previews = {"generation":"manual","plan":"starter","numInstances":1}
            106:5 maintenanceMode = {"enabled":true,"uri":"https://example.com/back-soon"}
            109:5 maxShutdownDelaySeconds = 90
            110:5 ipAllowList = [{"cidrBlock":"203.0.113.0/24","description":"office"}]
            113:5 renderSubdomainPolicy = "disabled"
            105:5 previewPlan = "starter"
            151:9 group shared
            115:9 PLAIN = "off"
            117:9 NUMBER = "8080"
            119:9 QUOTED = "3.10"
            121:9 BLOCK = "first ${NOT_REPLACED}\n  second\n"
            125:9 MADE generated
            127:9 ENTERED entered
            129:9 PREVIEWED = "live", another in previews
            132:9 DATABASE_URL from postgres/store.connectionPoolString
            136:9 CACHE_URL from key-value/cache.connectionString
            141:9 BACK from service/back.hostport
            146:9 BACK_TOKEN from service/back.env.TOKEN
        152:5 service/back private_service
            154:5 runtime = "node"
            155:5 buildCommand = "npm ci"
            156:5 startCommand = "npm start"
            161:5 autoDeployTrigger = "off"
            157:5 disk = {"name":"data","mountPath":"/data","sizeGB":20}
            162:5 previews = {"generation":"automatic"}
            164:9 TOKEN generated
        166:5 service/nightly cron_job
            172:5 plan = "starter"
            173:5 region = "ohio"
            168:5 runtime = "python"
            170:5 buildCommand = "pip install ."
            171:5 startCommand = "python -m nightly"
            169:5 schedule = "0 3 * * *"
        174:5 service/site static_site
            177:5 buildCommand = "npm run build"
            190:5 preDeployCommand = "npm run check"
            178:5 publishPath = "./dist"
            179:5 headers = [{"path":"/*","name":"X-Frame-Options","value":"DENY"}]
            183:5 routes = [{"type":"redirect","source":"/old","destination":"/new"},{"type":"rewrite","source":"/*","destination":"/index.html"}]
            192:5 ipAllowList = []
            191:5 renderSubdomainPolicy = "enabled"
        193:5 service/flow workflow
            196:5 region = "oregon"
            195:5 runtime = "node"
            197:5 startCommand = "npm run flow"
        198:5 key-value/cache
            201:5 plan = "starter"
            200:5 region = "frankfurt"
            203:5 ipAllowList = []
            204:5 maxmemoryPolicy = "allkeys_lru"
            205:5 persistenceMode = "off"
            202:5 previewPlan = "free"
        207:5 postgres/store
            211:5 plan = "basic_256mb"
            210:5 region = "frankfurt"
            220:5 ipAllowList = []
            215:5 previewPlan = "free"
            208:5 databaseName = "shop"
            209:5 databaseUser = "shop_owner"
            217:5 version = "17"
            212:5 diskSizeGB = 15
            213:5 storageAutoscaling = true
            214:5 connectionPool = "pgbouncer"
            216:5 previewDiskSizeGB = 1
            218:5 highAvailability = true
            221:5 readReplicas = ["store-replica"]
        224:5 env-group/shared
            226:9 LEVEL = "info"
            228:9 SECRET generated
        """#

    static let diagnostics = #"""
        unsupported 3:1 previews out_of_reach
        unsupported 6:1 previewsEnabled out_of_reach
        unsupported 7:1 previewsExpireAfterDays out_of_reach
        unsupported 8:1 buildSources out_of_reach
        unsupported 35:5 projects[0].buildSources out_of_reach
        unsupported 46:13 projects[0].environments[0].services[0].buildSource out_of_reach
        unsupported 65:3 ungrouped.buildSources out_of_reach
        unsupported 91:5 services[0].initialDeployHook out_of_reach
        unsupported 103:7 services[0].previews.plan out_of_reach
        unsupported 104:7 services[0].previews.numInstances out_of_reach
        unsupported 105:5 services[0].previewPlan out_of_reach
        unsupported 131:9 services[0].envVars[6].previewValue out_of_reach
        warning 161:5 services[1].autoDeploy older_spelling
        warning 162:5 services[1].pullRequestPreviewsEnabled older_spelling
        unsupported 190:5 services[3].preDeployCommand out_of_reach
        unsupported 193:5 services[4] out_of_reach
        unsupported 202:5 services[5].previewPlan out_of_reach
        unsupported 205:5 services[5].persistenceMode out_of_reach
        unsupported 214:5 databases[0].connectionPool out_of_reach
        unsupported 215:5 databases[0].previewPlan out_of_reach
        unsupported 216:5 databases[0].previewDiskSizeGB out_of_reach
        """#
}
