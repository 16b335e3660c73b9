import ArgumentParser
import Foundation

/// The one program of the house: serves, fills, checks.
@main
struct HealthBrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthbrain",
        abstract: "An open platform on which a city runs its health services, on HL7 FHIR R4.",
        discussion: """
            Exit codes: 0 all went well; 1 the work failed or something was refused; 2 the command or its input is wrong.
            """,
        version: Build.version,
        subcommands: [
            Serve.self, Load.self, ExportCommand.self, CityCommand.self, Validate.self, FHIRPathCommand.self,
            RunView.self,
            TerminologyCommand.self, Status.self, Rebuild.self, DatabaseCommands.self, AccountCommand.self,
            AuditCommand.self, ClientCommand.self, KeyCommand.self, HL7Command.self, TableCommand.self,
            HighwayCommand.self, IdentityCommand.self, HealthCodeCommand.self, SurveilCommand.self,
            SignalsCommand.self, ContactsCommand.self, ReportsCommand.self, PopulationCommand.self, AgentCommand.self,
            ProgrammeCommand.self, ScenarioCommand.self,
        ])

    /// Runs the command that the arguments name, and exits with a code that scripts can trust.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let misuse as Misuse {
            Terminal.complain("healthbrain: \(misuse)")
            Foundation.exit(2)
        } catch let failure as Failure {
            Terminal.complain("healthbrain: \(failure)")
            Foundation.exit(1)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            let code = exitCode(for: error)
            if code.isSuccess {
                print(fullMessage(for: error))
                Foundation.exit(0)
            }
            Terminal.complain(fullMessage(for: error))
            Foundation.exit(code == .validationFailure ? 2 : 1)
        }
    }
}

/// What this build calls itself.
enum Build {
    static let version = "0.1.0"
}

/// The command or what it was given is wrong: exit code 2.
struct Misuse: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The work could not be done: exit code 1.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
