import ArgumentParser
import Calendar
import FHIR
import Foundation
import Population
import Records

/// `healthbrain population`: who lives where, as CSV.
struct PopulationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "population",
        abstract: "Tell the population of a store by district, sex and age as CSV (人口).",
        discussion: """
            Columns: month, district, age in completed years at the end of the month (empty: unknown), sex (male, female, \
            unknown), persons. The store of a data folder must not be in use by a server; a server shows the same on \
            /population.
            """)

    @OptionGroup var store: StoreChoice

    @Option(help: ArgumentHelp("At the end of this month; the present one unless given.", valueName: "yyyy-mm"))
    var month: String?

    @Option(help: ArgumentHelp("As it was known at the end of a day; now unless given.", valueName: "yyyy-mm-dd"))
    var known: String?

    func validate() throws {
        if let month, CivilMonth(month) == nil { throw ValidationError("--month must be a month such as 2026-11.") }
        if let known, CivilDay(known) == nil { throw ValidationError("--known must be a day such as 2026-11-22.") }
    }

    func run() async throws {
        let opened = try self.store.open(creating: false)
        defer { withExtendedLifetime(opened) {} }
        let store = try App.openStore(opened.location, try Definitions.r4())
        await store.settle()
        let at = month.flatMap { CivilMonth($0) } ?? CivilMonth(CivilDay(milliseconds: WallClock.milliseconds()))
        do {
            let found = try PopulationBook(store: store).residents(at: at, asOf: known.flatMap { CivilDay($0) })
            Terminal.say("month,district,age,sex,persons\n")
            for (district, pyramid) in found.sorted(by: { $0.key < $1.key }) {
                for age in 0...AgePyramid.ageMax {
                    for (sex, n) in [
                        ("male", pyramid.men[age]), ("female", pyramid.women[age]), ("unknown", pyramid.others[age]),
                    ] where n != 0 { Terminal.say("\(at.isoText),\(district),\(age),\(sex),\(n)\n") }
                }
                if pyramid.ageless != 0 { Terminal.say("\(at.isoText),\(district),,unknown,\(pyramid.ageless)\n") }
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}
