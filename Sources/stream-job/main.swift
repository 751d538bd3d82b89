import Programs

Program.main(StreamJob.self)
