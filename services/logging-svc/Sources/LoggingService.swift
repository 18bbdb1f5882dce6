// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Logging
import Postgres
import ServiceKit
import ServiceLifecycle
import Store

/// The configuration of logging-svc beside what every daemon has.
struct LoggingSettings: Sendable {
    let url: Secret<String>
    let ownerURL: Secret<String>
    let poolSize: Int
    let retentionDays: Int
    let scanLimit: Int

    init(_ configuration: Configuration) {
        url = configuration.secret("DATABASE_URL")
        ownerURL = configuration.optionalSecret("DATABASE_OWNER_URL") ?? url
        poolSize = configuration.int("DATABASE_POOL_SIZE")
        retentionDays = configuration.int("LOG_RETENTION_DAYS")
        scanLimit = configuration.int("LOG_TEXT_SCAN_LIMIT")
    }
}

/// The parts of the daemon, wired together.
struct LoggingService: Sendable {
    let lane: LogIngest
    let tail: LogTail
    let pages: LogPages
    let histograms: LogHistograms
    let heads: HeadStore
    let rejectedFrames = Counter()
    let oddFrames = Counter()
    private let writers: PostgresPool
    private let readers: PostgresPool
    private let keeper: PartitionKeeper

    init(_ settings: LoggingSettings, logger: Logger) {
        var configuration = PostgresConfiguration(url: settings.url.reveal())
        configuration.role = LoggingSchema.appRole
        configuration.searchPath = LoggingSchema.name
        configuration.applicationName = "logging-svc"
        configuration.sessionSettings = LoggingSchema.sessionSettings
        // Whoever stalls while it holds the head would hold up all writers.
        configuration.idleInTransactionTimeout = .seconds(10)
        configuration.statementTimeout = .seconds(10)
        var few = configuration
        few.poolSize = 2
        // Pages cannot take the lane's connection away, nor the other way round.
        writers = PostgresPool(few, logger: logger)
        configuration.poolSize = settings.poolSize
        readers = PostgresPool(configuration, logger: logger)

        let pages = LogPages(pool: readers, scanLimit: settings.scanLimit)
        let tail = LogTail(pages: pages, logger: logger) { LogFrameView($0).json }
        self.pages = pages
        self.tail = tail
        lane = LogIngest(pool: writers, logger: logger) { tail.committed($0) }
        histograms = LogHistograms(pool: readers)
        heads = HeadStore(pool: readers)
        keeper = PartitionKeeper(pool: writers, retentionDays: settings.retentionDays, logger: logger)
    }

    /// In the order of dependence: what is added later stops earlier.
    func addServices(to daemon: inout Daemon) {
        daemon.add(writers)
        daemon.add(readers)
        daemon.add(keeper)
        daemon.add(TailService(tail: tail))
        daemon.add(LaneService(lane: lane))
        let readers = readers
        daemon.require("postgres") { try await readers.ping() }
    }

    func addMetrics(to metrics: Metrics) {
        let (lane, tail, rejected, odd) = (lane, tail, rejectedFrames, oddFrames)
        metrics.counter("log_frames_stored_total", "Log frames that were committed.") { lane.figures.storedFrames }
        metrics.counter("log_row_bytes_stored_total", "Bytes of rows that were committed.") { lane.figures.storedBytes }
        metrics.counter("log_batches_total", "Transactions that stored log frames.") { lane.figures.batches }
        metrics.counter("log_batch_retries_total", "Times a batch had to be tried again.") { lane.figures.retries }
        metrics.gauge("log_batch_frames", "Frames of the last batch.") { Double(lane.figures.lastBatchFrames) }
        metrics.counter("log_frames_rejected_total", "Log frames that were refused as bad.") { rejected.value }
        metrics.counter("log_frames_odd_total", "Log frames that only the general parser could read.") { odd.value }
        metrics.counter("log_requests_refused_total", "Requests refused because the queue was full.") {
            lane.figures.refusedRequests
        }
        metrics.counter("log_requests_failed_total", "Requests whose frames could not be stored.") {
            lane.figures.failedRequests
        }
        metrics.gauge("log_queue_frames", "Log frames that wait to be stored.") { Double(lane.figures.queuedFrames) }
        metrics.gauge("log_queue_bytes", "Bytes of rows that wait to be stored.") { Double(lane.figures.queuedBytes) }
        metrics.gauge("log_watchers", "Open streams of log frames.") { Double(tail.figures.watchers) }
        metrics.counter("log_frames_delivered_total", "Log frames given to streams that have ended.") {
            tail.figures.deliveredFrames
        }
        metrics.counter("log_catch_ups_total", "Times a stream was too slow and read from storage.") {
            tail.figures.catchUps
        }
    }
}

/// Stores frames while the daemon runs, and on stopping whatever was accepted before.
private struct LaneService: Service {
    let lane: LogIngest

    func run() async throws {
        let lane = lane
        await withGracefulShutdownHandler {
            await lane.run()
        } onGracefulShutdown: {
            lane.close()
        }
    }
}

/// Hands frames on while the daemon runs.
private struct TailService: Service {
    let tail: LogTail

    func run() async throws {
        let tail = tail
        await withGracefulShutdownHandler {
            await tail.run()
        } onGracefulShutdown: {
            tail.close()
        }
    }
}

/// Keeps day partitions ahead of time and drops those past retention; any number of daemons may do so at once.
private struct PartitionKeeper: Service {
    let pool: PostgresPool
    let retentionDays: Int
    let logger: Logger

    /// Days that have a partition before they begin.
    private static let daysAhead = 7
    private static let period = Duration.seconds(600)
    private static let retry = Duration.seconds(15)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isDone = await pass()
                try? await Task.sleep(for: isDone ? Self.period : Self.retry)
            }
        }
    }

    private func pass() async -> Bool {
        do {
            let make = LogStore.makePartitions(ahead: Self.daysAhead)
            let made = try make.decode(try await pool.query(make.sql))
            if made > 0 { logger.info("log partitions made", metadata: ["count": "\(made)"]) }
            let drop = LogStore.dropOldestPartition(olderThan: retentionDays)
            while let day = try drop.decode(try await pool.query(drop.sql)) {
                logger.info("log partition dropped", metadata: ["day": "\(day)"])
            }
            return true
        } catch {
            // Busy readers may keep a partition from being dropped for a while.
            if !Task.isCancelled {
                logger.warning("log partitions could not be looked after", metadata: ["error": "\(error)"])
            }
            return false
        }
    }
}

/// What an error means to a client: as in every daemon, and a search that took too long can be narrowed down, but would
/// take as long again.
func translateDatabaseError(_ error: any Error) -> Problem? {
    if let error = error as? PostgresError, case .server(.queryCanceled) = error.kind {
        return Problem(
            .timeout, "The search took too long; narrow it down by service, trace or time.",
            details: ["retryable": false], cause: error)
    }
    return DatabaseProblem.of(error)
}
