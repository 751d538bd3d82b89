import Dataflow
import Events
import Synchronization
import Testing

@testable import InboxPipeline

@Suite struct ScheduleTests {
  /// Seconds of 2026-11-21, from midnight UTC.
  private func time(_ seconds: Int64) -> EventTime {
    EventTime(microseconds: (1_795_219_200 + seconds) * 1_000_000)
  }

  private func daily(_ text: String) throws -> Schedule {
    .daily(try #require(Schedule.TimeOfDay(text)))
  }

  @Test func `the day these tests count from`() {
    #expect(time(0).iso8601 == "2026-11-21T00:00:00.000000Z")
  }

  @Test func `once is now and never again`() {
    #expect(Schedule.once.first(at: time(5)) == time(5))
    #expect(Schedule.once.next(after: time(5), at: time(6)) == nil)
  }

  @Test func `every period counts from the first run and leaves out what was missed`() {
    let schedule = Schedule.every(.minutes(5))
    #expect(schedule.first(at: time(7)) == time(7))
    #expect(schedule.next(after: time(7), at: time(7)) == time(307))
    #expect(schedule.next(after: time(7), at: time(20)) == time(307))
    // A run that takes just its period is followed at once, a longer one when the next is due.
    #expect(schedule.next(after: time(7), at: time(307)) == time(307))
    #expect(schedule.next(after: time(7), at: time(308)) == time(607))
    // A clock that was set back changes nothing.
    #expect(schedule.next(after: time(7), at: time(-9000)) == time(307))
  }

  @Test func `daily is the next such time of day, in UTC`() throws {
    let schedule = try daily("02:00")
    #expect(schedule.first(at: time(0)) == time(7200))
    #expect(schedule.first(at: time(7200)) == time(7200 + 86_400))
    #expect(schedule.next(after: time(7200), at: time(7300)) == time(7200 + 86_400))
    // A run that took days is followed by the next time there is.
    #expect(schedule.next(after: time(7200), at: time(3 * 86_400)) == time(3 * 86_400 + 7200))
    let early = EventTime(microseconds: -1)
    #expect(try daily("23:59").first(at: early).iso8601 == "1970-01-01T23:59:00.000000Z")
    #expect(try daily("00:00").first(at: early).iso8601 == "1970-01-01T00:00:00.000000Z")
  }

  @Test(arguments: ["24:00", "12:60", "2:00", "02:00:00", "", "02", "-1:00", "0２:00"])
  func `what is no time of day is none`(text: String) {
    #expect(Schedule.TimeOfDay(text) == nil)
  }

  // MARK: - The scheduler

  /// Runs of a schedule on a clock that only waiting and the runs themselves move.
  private func runs(
    of schedule: Schedule,
    from start: Int64,
    lasting seconds: [Int64]
  ) -> [EventTime] {
    let now = Mutex(time(start))
    let control = RunControl()
    var begun: [EventTime] = []
    let scheduler = Scheduler(
      schedule,
      control: control,
      now: { now.withLock { $0 } },
      wait: { wait in
        now.withLock { $0 = $0 + EventSpan(microseconds: Int64(wait / .microseconds(1))) }
      }
    )
    scheduler { _ in
      begun.append(now.withLock { $0 })
      now.withLock { $0 = $0 + .seconds(seconds[begun.count - 1]) }
      if begun.count == seconds.count { control.requestStop() }
    }
    return begun
  }

  @Test func `runs do not overlap and are not caught up`() throws {
    #expect(
      runs(of: .every(.minutes(5)), from: 7, lasting: [10, 700, 0, 300, 0])
        == [time(7), time(307), time(1207), time(1507), time(1807)]
    )
    #expect(
      runs(of: try daily("02:00"), from: 7201, lasting: [60, 90_000, 0])
        == [time(7200 + 86_400), time(7200 + 2 * 86_400), time(7200 + 4 * 86_400)]
    )
    #expect(runs(of: .once, from: 3, lasting: [0]) == [time(3)])
  }

  @Test func `a run that is asked for begins before its time, and the schedule goes on`() {
    let now = Mutex(time(0))
    let control = RunControl()
    var begun: [EventTime] = []
    var waits = 0
    let scheduler = Scheduler(
      .every(.minutes(5)),
      control: control,
      now: { now.withLock { $0 } },
      wait: { wait in
        waits += 1
        if waits == 1 { control.requestRun() }
        let passed = waits == 1 ? EventSpan.seconds(20) : .seconds(wait.components.seconds)
        now.withLock { $0 = $0 + passed }
      }
    )
    scheduler { _ in
      begun.append(now.withLock { $0 })
      if begun.count == 3 { control.requestStop() }
    }
    #expect(begun == [time(0), time(20), time(300)])
  }
}
