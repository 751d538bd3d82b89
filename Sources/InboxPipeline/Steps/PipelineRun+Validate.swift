import Connect
import Events
import OrderKPIs

extension PipelineRun {
  /// Reads every file of the batch once, several at a time, and sets aside those that do not fit
  /// their schemas.
  ///
  /// What is left may lack a table then: it waits.
  func validate() throws(StepFailure) {
    let limit = settings.badRowLimit
    let verdicts = Parallel.map(batch.files) { [progress] file in
      defer { progress.fileDone() }
      return FileVerdict(of: file, badRowLimit: limit)
    }
    for case (let file, .failed(let error)) in zip(batch.files, verdicts) {
      throw StepFailure(error, blaming: file)
    }
    let files = batch.files
    batch.files = []
    var changed: [String] = []
    for (file, verdict) in zip(files, verdicts) {
      switch verdict {
      case .fits:
        batch.files.append(file)
        result.validFiles.append(file.file.name)
      case .refused(let fault):
        refuse(file, fault)
      case .changed:
        changed.append(file.file.name)
      case .failed:
        break  // thrown above
      }
    }
    result.validFiles.sort()
    result.invalidFiles.sort()
    noteWaiting(changed)
    pass(.validated)
  }

  /// Notes who waits for what, now that files have left the batch.
  ///
  /// - Parameter changed: names of those that wait for the next run whatever the rest does.
  func noteWaiting(_ changed: [String]) {
    result.waitingFiles += changed
    let reasons = (changed.isEmpty ? [] : [Self.restlessness]) + batch.missing.map(\.rawValue)
    // Noted once, however many steps find files that wait for it.
    result.waitingFor += reasons.filter { !result.waitingFor.contains($0) }
    // A file that is to come may need the duplicates beside it.
    if !batch.missing.isEmpty || batch.files.isEmpty && !result.waitingFiles.isEmpty {
      result.waitingFiles += batch.waitingNames
    }
    result.waitingFiles.sort()
  }

  /// What a file waits for that is not quiet.
  static let restlessness = "an end of changes"

  private func refuse(_ file: TakenFile, _ fault: SchemaFault) {
    batch.refusals.append(
      RunBatch.Refusal(
        file: file,
        reason: RefusalReason(
          file: file.file.name,
          table: file.file.table.rawValue,
          reason: fault.reason,
          hint: fault.hint,
          run: id.description,
          rejectedAt: now.iso8601
        )
      )
    )
    result.invalidFiles.append(file.file.name)
    result.invalidReasons[file.file.name] = fault.reason
  }
}

/// What a file turned out to be.
enum FileVerdict: Sendable {
  case fits
  case refused(SchemaFault)
  /// It was written to meanwhile.
  case changed
  /// It may fit, if only it could be read.
  case failed(ConnectorError)

  init(of file: TakenFile, badRowLimit: Int) {
    do {
      _ = try file.file.table.staging.tally(file.file, badRowLimit)
      self = .fits
    } catch let fault as SchemaFault {
      self = .refused(fault)
    } catch let error as ConnectorError {
      if !file.file.isUnchanged {
        self = .changed
      } else if error.kind == .transient {
        self = .failed(error)
      } else {
        // Its bytes were read before, so what is wrong is in them.
        self = .refused(SchemaFault(reason: error.message, hint: error.hint))
      }
    } catch {
      self = .failed(ConnectorError(.permanent, "could not read \(file.file.path): \(error)"))
    }
  }
}
