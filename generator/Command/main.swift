import Programs

Program.main(GeneratorProgram.self)
