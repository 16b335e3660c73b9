import Foundation

/// Reads what must not be seen: never from arguments, which every user of the machine can list.
enum Secret {
    /// One line: from the terminal without echo, asked twice; or from the standard input when that is no terminal.
    static func read(_ question: String) throws -> String {
        guard isatty(0) != 0 else {
            guard let line = readLine() else { throw Misuse("There is no password on the standard input.") }
            return line
        }
        let first = try withoutEcho(question)
        guard try withoutEcho("The same again") == first else { throw Misuse("The two are not the same.") }
        return first
    }

    private static func withoutEcho(_ question: String) throws -> String {
        var terminal = termios()
        guard tcgetattr(0, &terminal) == 0 else { throw Failure("The terminal can't be asked.") }
        var silent = terminal
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &silent)
        defer {
            tcsetattr(0, TCSAFLUSH, &terminal)
            Terminal.complain("")
        }
        // Asked only now: what is typed before the echo is off is dropped.
        FileHandle.standardError.write(Data("\(question): ".utf8))
        guard let line = readLine() else { throw Misuse("Nothing was typed.") }
        return line
    }
}
