// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Logging
import Orchestration
import ServiceKit

func answerSchedules(_ router: inout EndpointRouter, _ schedules: ScheduleOperations) {
    router.on(SchedulesAPI.create) { input, context in
        let schedule = try await schedules.create(
            input.definition, roomID: input.roomID, in: input.workspaceID, by: context.caller)
        context.logger.info("schedule made", metadata: ["schedule_id": "\(schedule.id)"])
        return ScheduleView(schedule)
    }
    router.on(SchedulesAPI.list) { input, _ in
        let (found, next) = try await schedules.list(
            in: input.workspaceID, before: input.cursor, limit: input.limit)
        return Page(items: found.map(ScheduleView.init), nextCursor: next?.rawValue)
    }
    router.on(SchedulesAPI.get) { input, _ in
        ScheduleView(try await schedules.schedule(input.id, in: input.workspaceID))
    }
    router.on(SchedulesAPI.change) { input, context in
        ScheduleView(
            try await schedules.edit(
                input.id, ScheduleOperations.Edit(input), version: input.ifVersion, in: input.workspaceID,
                by: context.caller))
    }
    router.on(SchedulesAPI.delete) { input, context in
        _ = try await schedules.change(input.id, .delete, in: input.workspaceID, by: context.caller)
        return NoContent()
    }
    router.on(SchedulesAPI.pause) { input, context in
        ScheduleView(try await schedules.change(input.id, .pause, in: input.workspaceID, by: context.caller))
    }
    router.on(SchedulesAPI.resume) { input, context in
        ScheduleView(try await schedules.change(input.id, .resume, in: input.workspaceID, by: context.caller))
    }
    router.on(SchedulesAPI.fire) { input, context in
        let (task, isReplay) = try await schedules.fire(
            input.id, idempotencyKey: input.idempotencyKey, in: input.workspaceID, by: context.caller)
        return FiredView(taskID: task, isReplay: isReplay)
    }
    router.on(SchedulesAPI.preview) { input, _ in
        let schedule = try await schedules.schedule(input.id, in: input.workspaceID)
        return SchedulePreview(schedule.preview(input.count, after: .now()))
    }
    router.on(SchedulesAPI.previewCron) { input, _ in
        CronPreview(input.trigger?.next(input.count, after: input.after ?? .now()) ?? [])
    }
}

extension ScheduleOperations.Edit {
    fileprivate init(_ input: ChangeScheduleInput) {
        self.init()
        name = input.name
        cron = input.timing.cron
        zone = input.timing.zone
        runAt = input.timing.runAt
        jitterSeconds = input.timing.jitterSeconds
        overlap = input.timing.overlap
        catchUp = input.timing.catchUp
        task = input.task.map { ($0.request, $0.correlationID) }
    }
}
