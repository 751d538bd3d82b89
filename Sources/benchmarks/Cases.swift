/// Every benchmark, a line a topic; a limit stands before what it bounds.
let allBenchmarks: [Benchmark] = [
  watermarkBenchmarks,
  operatorBenchmarks,
  firstClickBenchmarks,
  decodeBenchmarks,
  generatorBenchmarks,
  kafkaProduceBenchmarks,
  kinesisBenchmarks,
  kinesisJobBenchmarks,
  postgresBenchmarks,
  copyBenchmarks,
  kafkaBenchmarks,
  jobBenchmarks,
  recoveryBenchmarks,
].flatMap(\.self)
