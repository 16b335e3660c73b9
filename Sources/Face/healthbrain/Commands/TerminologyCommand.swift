import ArgumentParser
import Foundation
import JSON
import Terminology

/// `healthbrain terminology`: brings code tables into a server.
struct TerminologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "terminology", abstract: "Bring code tables into a server.", subcommands: [LoadTable.self])
}

/// `healthbrain terminology load`: makes a code system of a table and puts it into a server.
struct LoadTable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Make a CodeSystem of a table and put it into a server.",
        discussion: """
            Reads CSV or a table with tabs, UTF-8 or GB18030, with a header. The CodeSystem and the ValueSet of all its \
            codes replace those of the same URL, and of the same version where one is given, in one transaction. A table \
            with a fault is refused whole, with the line and column, and the exit code is 2. With --drg the columns are \
            those of the CHS-DRG tables.
            """)

    @Argument(help: ArgumentHelp("The table.", valueName: "file"))
    var path: String

    @Option(help: "The canonical URL of the code system.")
    var system: String?

    @Option(help: "The column of the codes.")
    var code: String?

    @Option(help: "The column of the names.")
    var display: String?

    @Option(help: "The column of the codes directly above.")
    var parent: String?

    @Option(help: "A column of further facts, or CODE=COLUMN; may be given several times.")
    var property: [String] = []

    @Option(help: "A column of names in another language: LANGUAGE=COLUMN; may be given several times.")
    var designation: [String] = []

    @Option(help: "The version of the code system.")
    var tableVersion: String?

    @Option(help: "The title of the code system.")
    var title: String?

    @Option(help: "The canonical URL of the value set of all codes; the system with ?fhir_vs unless given.")
    var valueSet: String?

    @Option(help: "The language of the names.")
    var language = "zh-CN"

    @Option(help: "What it means to stand below another code.")
    var hierarchy = HierarchyMeaning.isA

    @Flag(help: "Make the categories above the codes of ICD-10 or ICD-9-CM-3, where the table has none.")
    var icd = false

    @Flag(help: "The table is one of CHS-DRG: codes, ADRGs or groups.")
    var drg = false

    @Flag(help: "Print the resources as a Bundle instead of sending them.")
    var print = false

    @Option(help: "The server's address.")
    var server = ServerAddress.standard

    @OptionGroup var signIn: TokenChoice

    enum HierarchyMeaning: String, ExpressibleByArgument, CaseIterable {
        case isA = "is-a"
        case partOf = "part-of"
        case groupedBy = "grouped-by"
        case classifiedWith = "classified-with"
    }

    func validate() throws {
        if drg {
            guard system == nil, code == nil else {
                throw ValidationError("--drg says what the table is; leave out --system and --code.")
            }
        } else if system == nil || code == nil {
            throw ValidationError("Give --system and --code, or --drg.")
        }
        for option in designation where Self.pair(option).column == nil {
            throw ValidationError("--designation takes LANGUAGE=COLUMN, not “\(option)”.")
        }
    }

    func run() async throws {
        let systems = try codeSystems()
        let bundle = try Self.bundle(systems)
        if print {
            Terminal.say(String(decoding: bundle, as: UTF8.self) + "\n")
            return
        }
        let answer = try await FHIRClient(server, token: try signIn.token()).post(bundle)
        guard answer.isSuccess else {
            let outcome = (try? JSONDocument(parsing: answer.body))?.root
            let reason = outcome?["issue"]?[0]?["diagnostics"]?.string ?? "status \(answer.status)"
            throw Failure("\(server) refused the code system: \(reason)")
        }
        for system in systems { Terminal.say("\(system.count) codes of \(system.url)\n") }
    }

    private func codeSystems() throws -> [CodeSystemBuilder] {
        do throws(TableError) {
            let table = try CSVTable(try Self.text(path))
            var systems: [CodeSystemBuilder] = []
            for recipe in try recipes(table) { systems.append(try recipe.codeSystem(from: table)) }
            return systems
        } catch {
            throw Misuse("\(path): \(error)")
        }
    }

    private func recipes(_ table: CSVTable) throws(TableError) -> [TableRecipe] {
        guard let system, let code else {
            let recipes = DRGRecipes.recipes(for: table)
            if recipes.isEmpty { throw TableError("These are not the columns of a table of CHS-DRG.") }
            return recipes
        }
        var builder = CodeSystemBuilder(url: system)
        builder.version = tableVersion
        builder.title = title
        builder.valueSet = valueSet ?? "\(system)?fhir_vs"
        builder.language = language
        builder.hierarchyMeaning = hierarchy.rawValue
        var recipe = TableRecipe(builder, code: code, display: display)
        recipe.parent = parent
        recipe.derivesCategories = icd
        for option in designation {
            let pair = Self.pair(option)
            recipe.designations.append((pair.name, pair.column ?? pair.name))
        }
        for option in property {
            let pair = Self.pair(option)
            recipe.properties.append((pair.name, pair.column ?? pair.name))
        }
        return [recipe]
    }

    private static func pair(_ option: String) -> (name: String, column: String?) {
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.count == 2 ? parts[1] : nil)
    }

    /// The text of a file, in UTF-8 or else in GB18030, which holds GBK and GB 2312.
    private static func text(_ path: String) throws(TableError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { throw TableError("The file can't be read.") }
        if let text = String(data: data, encoding: .utf8) { return text }
        // kCFStringEncodingGB_18030_2000 as Foundation numbers it.
        let gb18030 = String.Encoding(rawValue: 0x8000_0632)
        guard let text = String(data: data, encoding: gb18030) else {
            throw TableError("The file is neither UTF-8 nor GB18030.")
        }
        return text
    }

    /// One transaction: all of it stands, or nothing.
    private static func bundle(_ systems: [CodeSystemBuilder]) throws -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Bundle")
        writer.member("type", string: "transaction")
        writer.key("entry")
        writer.beginArray()
        for system in systems {
            entry("CodeSystem", system.url, system.version, try system.document().text, &writer)
            if let url = system.valueSet, let set = system.valueSetOfAll() {
                entry("ValueSet", url, system.version, set.text, &writer)
            }
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func entry(
        _ type: String, _ url: String, _ version: String?, _ resource: [UInt8], _ writer: inout JSONWriter
    ) {
        var query = "\(type)?url=\(escaped(url))"
        if let version { query += "&version=\(escaped(version))" }
        writer.beginObject()
        writer.member("resource", raw: resource)
        writer.key("request")
        writer.beginObject()
        writer.member("method", string: "PUT")
        writer.member("url", string: query)
        writer.endObject()
        writer.endObject()
    }

    /// A value of a search, with the characters that part values escaped and then those that part addresses.
    private static func escaped(_ value: String) -> String {
        let parted = value.map { "\\,|$".contains($0) ? "\\\($0)" : "\($0)" }.joined()
        return parted.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? value
    }
}
