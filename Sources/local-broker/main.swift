import Programs

Program.main(LocalBrokerProgram.self)
