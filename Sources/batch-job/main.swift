import Programs

Program.main(BatchJob.self)
