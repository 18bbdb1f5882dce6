// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes

/// The endpoints of schedules.
package enum SchedulesAPI {
    package static let create = Endpoint<CreateScheduleInput, ScheduleView>(
        "createSchedule", .post, "/v1/schedules", .peopleAndServices(.manageSchedules),
        "Makes a schedule: tasks by the clock, or one task at one time.",
        description: """
            With `cron`, five fields as in Vixie cron (minute, hour, day of month, month, day of week; names, `L` and \
            `mon#2` included), or six with the second in front, by the wall clock of `timezone`. A named time that a \
            clock change leaves out fires right after it, one that comes twice fires the first time; with a `*` in \
            second, minute or hour it follows the clock. \
            With `run_at` the schedule fires once. Each fire makes one task, however many orchestrators there are.
            """,
        tag: "schedules", success: [201], problems: [.conflict])

    package static let list = Endpoint<ListSchedulesInput, Page<ScheduleView>>(
        "listSchedules", .get, "/v1/schedules", .peopleAndServices(.readSchedules),
        "Lists schedules, newest first.", tag: "schedules")

    package static let get = Endpoint<ScheduleInput, ScheduleView>(
        "getSchedule", .get, "/v1/schedules/{schedule_id}", .peopleAndServices(.readSchedules), "Reads a schedule.",
        tag: "schedules")

    package static let change = Endpoint<ChangeScheduleInput, ScheduleView>(
        "changeSchedule", .patch, "/v1/schedules/{schedule_id}", .peopleAndServices(.manageSchedules),
        "Changes a schedule; what is left out stays.",
        description: "`task` is replaced as a whole. Another `cron`, `timezone` or `run_at` finds the next fire anew.",
        tag: "schedules", problems: [.stale])

    package static let delete = Endpoint<ScheduleInput, NoContent>(
        "deleteSchedule", .delete, "/v1/schedules/{schedule_id}", .peopleAndServices(.manageSchedules),
        "Ends a schedule for good; its tasks stay.", tag: "schedules", success: [204])

    package static let pause = Endpoint<ScheduleInput, ScheduleView>(
        "pauseSchedule", .post, "/v1/schedules/{schedule_id}/pause", .peopleAndServices(.manageSchedules),
        "Stops a schedule from firing.", tag: "schedules", isIdempotent: true)

    package static let resume = Endpoint<ScheduleInput, ScheduleView>(
        "resumeSchedule", .post, "/v1/schedules/{schedule_id}/resume", .peopleAndServices(.manageSchedules),
        "Lets a paused schedule fire again, from its first fire after now on.", tag: "schedules", isIdempotent: true)

    package static let fire = Endpoint<FireScheduleInput, FiredView>(
        "fireSchedule", .post, "/v1/schedules/{schedule_id}/fire", .peopleAndServices(.manageSchedules),
        "Makes a task of a schedule at once, paused or not; its fires stay as they are.", tag: "schedules",
        success: [201], problems: [.conflict])

    package static let preview = Endpoint<PreviewScheduleInput, SchedulePreview>(
        "previewSchedule", .get, "/v1/schedules/{schedule_id}/preview", .peopleAndServices(.readSchedules),
        "Tells the next fires of a schedule, with the jitter of each; of a paused one, as if it were resumed now.",
        tag: "schedules")

    package static let previewCron = Endpoint<PreviewCronInput, CronPreview>(
        "previewCron", .post, "/v1/schedules/preview", .peopleAndServices(.readSchedules),
        "Tells the next fires that an expression would have.", tag: "schedules", isIdempotent: true)

    package static let catalogue: [AnyEndpoint] = [
        create.route, list.route, get.route, change.route, delete.route, pause.route, resume.route, fire.route,
        preview.route, previewCron.route,
    ]
}
