import Programs

extension BackgroundJob {
  /// The job of this directory.
  static let streamJob = BackgroundJob(of: "stream-job", named: "stream-job", in: ".firstclick")
}
