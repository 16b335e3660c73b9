import Foundation
import Testing

/// The official FHIRPath tests for R4, as far as they lie beside the repository.
enum OfficialSuite {
    struct Case: Sendable, CustomTestStringConvertible {
        var name = ""
        var input = ""
        var isStrict = false
        var isPredicate = false
        var isOrdered = true
        var invalid = ""
        var expression = ""
        var outputs: [Output] = []

        var testDescription: String { "\(name): \(expression)" }
    }

    struct Output: Sendable {
        let type: String
        let value: String
    }

    /// The folder `shared/suites/fhirpath` beside the package.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/suites/fhirpath")

    static let cases: [Case] = {
        let file = root.appending(path: "tests-fhir-r4.xml")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return read(text)
    }()

    static func input(_ name: String) throws -> [UInt8] {
        let json = name.replacing(".xml", with: ".json")
        return [UInt8](try Data(contentsOf: root.appending(path: "input").appending(path: json)))
    }

    /// The file isn't quite XML, since a comment in it has lost its end; so it is read by its tags alone.
    private static func read(_ text: String) -> [Case] {
        var cases: [Case] = []
        var rest = withoutComments(text)[...]
        while let (attributes, content, after) = element("test", in: rest) {
            rest = after
            var made = Case()
            made.name = attributes["name"] ?? ""
            made.input = attributes["inputfile"] ?? ""
            made.isPredicate = attributes["predicate"] == "true"
            made.isOrdered = attributes["ordered"] != "false"
            guard let (expressionAttributes, expression, afterExpression) = element("expression", in: content) else {
                continue
            }
            made.expression = unescaped(expression)
            made.invalid = expressionAttributes["invalid"] ?? ""
            made.isStrict = attributes["mode"] == "strict" || expressionAttributes["mode"] == "strict"
            var outputs = afterExpression
            while let (attributes, value, after) = element("output", in: outputs) {
                outputs = after
                made.outputs.append(Output(type: attributes["type"] ?? "", value: unescaped(value)))
            }
            cases.append(made)
        }
        return cases
    }

    private static func withoutComments(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "<!--") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].range(of: "-->") else { return result }
            rest = rest[end.upperBound...]
        }
        return result + String(rest)
    }

    private static func element(
        _ name: String, in text: Substring
    ) -> (attributes: [String: String], content: Substring, after: Substring)? {
        guard let start = text.range(of: "<\(name)"), let end = text[start.upperBound...].firstIndex(of: ">") else {
            return nil
        }
        // `<tests` isn't `<test`.
        guard ["/", ">", " "].contains(text[start.upperBound]) else {
            return element(name, in: text[start.upperBound...])
        }
        let tag = text[start.upperBound..<end]
        let inside = text[text.index(after: end)...]
        if tag.hasSuffix("/") { return (attributes(tag), "", inside) }
        guard let close = inside.range(of: "</\(name)>") else { return nil }
        return (attributes(tag), inside[..<close.lowerBound], inside[close.upperBound...])
    }

    private static func attributes(_ tag: Substring) -> [String: String] {
        var result: [String: String] = [:]
        var rest = tag
        while let equals = rest.range(of: "=\"") {
            let name = rest[..<equals.lowerBound].split(whereSeparator: \.isWhitespace).last ?? ""
            guard let end = rest[equals.upperBound...].firstIndex(of: "\"") else { break }
            result[String(name)] = String(rest[equals.upperBound..<end])
            rest = rest[rest.index(after: end)...]
        }
        return result
    }

    private static func unescaped(_ text: Substring) -> String {
        String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
            .replacing("&apos;", with: "'").replacing("&amp;", with: "&")
    }
}
