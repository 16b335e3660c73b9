import ArgumentParser
import Foundation

/// What a command prints for people, apart from its results.
enum Terminal {
    /// Whether standard error is read by a person.
    static let isInteractive = isatty(2) != 0

    /// Writes a line to standard error.
    static func complain(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Writes text to standard output at once, even into a pipe.
    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}

/// The form of a command's results.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}
