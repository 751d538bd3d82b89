@testable import Attribution
import Dataflow
import Events
import TestSupport
import Testing

@Suite struct FirstClickRandomWorlds {
  @Test(arguments: 0..<4)
  func `a random course gives the rule's answers at every drain`(part: UInt64) {
    for seed in part * 100..<part * 100 + 100 {
      let world = RandomWorld(seed: seed)
      var trial = Trial(world.rule, bucketBits: [0, 1, 3, 5][Int(seed % 4)], batchSize: 3)
      trial.run(world.steps)
      if let failure = trial.failures.first {
        Issue.record("\(failure) (seed \(seed), \(trial.failures.count) failures, \(world.rule))")
        return
      }
    }
  }

  @Test(arguments: [0, 1 << 63 | 1] as [UInt64])
  func `ids whose hashes are the same change no answer`(idMask: UInt64) {
    for seed in UInt64(4000)..<4040 {
      let world = RandomWorld(seed: seed)
      var trial = Trial(world.rule, batchSize: 5, hash: KeyedHash(idMask: idMask))
      trial.run(world.steps)
      if let failure = trial.failures.first {
        Issue.record("\(failure) (seed \(seed), \(trial.failures.count) failures, \(world.rule))")
        return
      }
    }
  }

  @Test func `any batching gives the same answers`() {
    for seed in UInt64(1000)..<1040 {
      let world = RandomWorld(seed: seed)
      let transcripts = [1, 2, 7, 1000].map { batchSize in
        var trial = Trial(world.rule, bucketBits: Int(seed % 6), batchSize: batchSize)
        trial.run(world.steps)
        return trial.transcript
      }
      #expect(Set(transcripts).count == 1, "seed \(seed)")
    }
  }

  @Test func `the length of the buckets changes nothing`() {
    for seed in UInt64(2000)..<2040 {
      let world = RandomWorld(seed: seed)
      let transcripts = [0, 3, 24].map { bucketBits in
        var trial = Trial(world.rule, bucketBits: bucketBits)
        trial.run(world.steps)
        return trial.transcript
      }
      #expect(Set(transcripts).count == 1, "seed \(seed)")
    }
  }

  @Test(arguments: [false, true])
  func `a rebuild from the log goes on like the uninterrupted run`(switchesEmission: Bool) {
    for seed in UInt64(3000)..<3200 {
      let world = RandomWorld(seed: seed, rebuilds: true, switchesEmission: switchesEmission)
      var trial = Trial(world.rule, bucketBits: Int(seed % 6), batchSize: 2)
      trial.run(world.steps)
      if let failure = trial.failures.first {
        Issue.record("\(failure) (seed \(seed), \(trial.failures.count) failures, \(world.rule))")
        return
      }
    }
  }
}
