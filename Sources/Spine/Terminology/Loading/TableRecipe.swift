/// How the columns of a table become a code system.
public struct TableRecipe: Sendable {
    /// The code system without its concepts: URL, version, title and the like.
    public var system: CodeSystemBuilder
    /// The column of the codes.
    public var code: String
    /// The column of the names; nil for none.
    public var display: String?
    /// The column of the codes above; nil for none.
    public var parent: String?
    /// The columns of names in other languages, each with the language.
    public var designations: [(language: String, column: String)] = []
    /// The columns of other facts, each with the code of the property.
    public var properties: [(code: String, column: String)] = []
    /// Columns whose fields hold several values, parted by spaces.
    public var listColumns: Set<String> = []
    /// Only rows with this value in this column are taken; nil for all.
    public var condition: (column: String, value: String)?
    /// Whether the categories of ICD are made from the codes: `I21.001` stands below `I21.0`, and that below `I21`.
    public var derivesCategories = false

    /// - Parameters:
    ///   - system: the code system without its concepts.
    ///   - code: the column of the codes.
    ///   - display: the column of the names; nil for none.
    public init(_ system: CodeSystemBuilder, code: String, display: String? = nil) {
        self.system = system
        self.code = code
        self.display = display
    }

    /// Makes the code system.
    ///
    /// - Throws: ``TableError`` with line and column of what is wrong; nothing is made then.
    public func codeSystem(from table: CSVTable) throws(TableError) -> CodeSystemBuilder {
        let columns = try Columns(self, table)
        var concepts: [CodeSystemBuilder.Concept] = []
        var lines: [String: Int] = [:]
        for row in table.rows {
            if let condition, let place = columns.condition, row.fields[place] != condition.value { continue }
            let concept = columns.concept(row, self)
            guard !concept.code.isEmpty else { throw TableError(row.line, code, "The code is empty.") }
            guard concept.code.first?.isWhitespace == false, concept.code.last?.isWhitespace == false else {
                throw TableError(row.line, code, "The code “\(concept.code)” has a space at its edge.")
            }
            if let first = lines.updateValue(row.line, forKey: concept.code) {
                throw TableError(row.line, code, "The code “\(concept.code)” stands on line \(first) already.")
            }
            concepts.append(concept)
        }
        if derivesCategories { ICDCategories.insert(into: &concepts) }
        let known = Set(concepts.map(\.code))
        for concept in concepts {
            if let above = concept.parent, !known.contains(above) {
                throw TableError(
                    lines[concept.code], parent,
                    "The code “\(concept.code)” stands below “\(above)”, which the table does not have.")
            }
        }
        guard !concepts.isEmpty else { throw TableError(nil, nil, "The table has no codes.") }
        var builder = system
        for concept in concepts {
            do { try builder.add(concept) } catch { throw TableError(lines[concept.code], code, error.message) }
        }
        return builder
    }

    /// Where the columns of a recipe are in a table.
    private struct Columns {
        let code: Int
        let display: Int?
        let parent: Int?
        let condition: Int?
        let designations: [Int]
        let properties: [Int]

        init(_ recipe: TableRecipe, _ table: CSVTable) throws(TableError) {
            func place(_ name: String?) throws(TableError) -> Int? {
                guard let name else { return nil }
                return try table.column(name)
            }
            code = try table.column(recipe.code)
            display = try place(recipe.display)
            parent = try place(recipe.parent)
            condition = try place(recipe.condition?.column)
            var designations: [Int] = []
            for designation in recipe.designations { designations.append(try table.column(designation.column)) }
            self.designations = designations
            var properties: [Int] = []
            for property in recipe.properties { properties.append(try table.column(property.column)) }
            self.properties = properties
        }

        func concept(_ row: CSVTable.Row, _ recipe: TableRecipe) -> CodeSystemBuilder.Concept {
            func text(_ place: Int?) -> String? {
                guard let place else { return nil }
                let field = row.fields[place]
                return field.isEmpty ? nil : field
            }
            var concept = CodeSystemBuilder.Concept(code: row.fields[code])
            concept.display = text(display)
            concept.parent = text(parent)
            for (designation, place) in zip(recipe.designations, designations) {
                if let value = text(place) { concept.designations.append((designation.language, value)) }
            }
            for (property, place) in zip(recipe.properties, properties) {
                guard let value = text(place) else { continue }
                let values =
                    recipe.listColumns.contains(property.column)
                    ? value.split(separator: " ").map(String.init) : [value]
                for value in values { concept.properties.append((property.code, value)) }
            }
            return concept
        }
    }
}

/// The levels above the codes of ICD-10 and ICD-9-CM-3, which the tables in use leave out.
enum ICDCategories {
    /// Gives every concept without a parent the nearest level above it, and adds the levels that are missing: without a
    /// name, and not to be used themselves.
    static func insert(into concepts: inout [CodeSystemBuilder.Concept]) {
        var known = Set(concepts.map(\.code))
        var made: [CodeSystemBuilder.Concept] = []
        for place in concepts.indices where concepts[place].parent == nil {
            let levels = levels(of: concepts[place].code)
            concepts[place].parent = levels.last
            for (depth, level) in levels.enumerated() where known.insert(level).inserted {
                var concept = CodeSystemBuilder.Concept(code: level)
                concept.parent = depth > 0 ? levels[depth - 1] : nil
                concept.properties = [("notSelectable", "true")]
                made.append(concept)
            }
        }
        concepts = made + concepts
    }

    /// The codes above a code, the widest first: `I21`, `I21.0` above `I21.001`; `36`, `36.0`, `36.06` above `36.0601`.
    static func levels(of code: String) -> [String] {
        let main = code.prefix { $0 != "+" }
        let parts = main.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let category = parts.first, (2...4).contains(category.count) else { return [] }
        let isProcedure = category.first?.isNumber ?? false
        let digits = parts[1].prefix { $0.isNumber }
        var levels = [String(category)]
        for length in 1...(isProcedure ? 2 : 1) where digits.count >= length {
            levels.append("\(category).\(digits.prefix(length))")
        }
        return levels.filter { $0 != code }
    }
}
