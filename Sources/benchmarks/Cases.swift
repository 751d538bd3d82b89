/// Every benchmark, a line a topic; a limit stands before what it bounds.
let allBenchmarks: [Benchmark] = [
  watermarkBenchmarks,
  operatorBenchmarks,
  decodeBenchmarks,
  generatorBenchmarks,
  postgresBenchmarks,
].flatMap(\.self)
