import FHIR
import HTTPTypes
import JSON
import Records
import Terminology

/// What the operations of terminology read alike.
extension OperationParameters {
    /// A Coding: a value of that type, or `system|code` in the query.
    func coding(_ name: String) throws(Fault) -> CodingReference? {
        guard let entry = try one(name) else { return nil }
        if case .text(let token) = entry.value {
            let parts = token.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard let code = parts.last, !code.isEmpty, parts.count <= 3 else {
                throw .malformedParameter(name, "a Coding, or system|code")
            }
            return CodingReference(
                system: parts.count > 1 ? parts[0] : nil, version: parts.count > 2 ? parts[1] : nil, code: code)
        }
        guard let value = try value(name, type: "Coding") else { return nil }
        guard let coding = CodingReference(value) else { throw .malformedParameter(name, "a Coding with a code") }
        return coding
    }

    /// The code that is meant, in whichever of the three forms it came.
    ///
    /// - Parameter system: the parameter that names the code system of a bare code.
    func codings(system: String, version: String) throws(Fault) -> [CodingReference] {
        if let code = try string("code") {
            return [
                CodingReference(
                    system: try string(system), version: try string(version), code: code,
                    display: has("display") ? try string("display") : nil)
            ]
        }
        if let coding = try coding("coding") { return [coding] }
        if let concept = try value("codeableConcept", type: "CodeableConcept") { return CodingReference.list(concept) }
        return []
    }

    /// The resource that an operation is about, where it came along.
    func resource(_ name: String, type: String) throws(Fault) -> JSONNode? {
        guard let resource = try resource(name) else { return nil }
        guard resource["resourceType"]?.equals(type) ?? false else {
            throw .malformedParameter(name, "a \(type) resource")
        }
        return resource
    }

    /// CodeSystem and ValueSet resources that came along, to be used before the known ones.
    func supplied() throws(Fault) -> [JSONNode] {
        try all("tx-resource").map { entry throws(Fault) in try entry.resource() }
    }
}

extension OperationRequest {
    var terminology: TerminologyService { store.terminology }

    /// The resource that the operation is about: the one it is invoked on, or the one that came along.
    func subject(_ name: String, type: String) throws -> JSONNode? {
        if let key = place.key { return try JSONDocument(parsing: store.read(key).json()).root }
        return try parameters.resource(name, type: type)
    }
}

extension Fault {
    init(_ error: TerminologyError) {
        self.init(HTTPResponse.Status(code: error.status), error.issue.code, error.message)
        if status == .serviceUnavailable { fields[.retryAfter] = "1" }
    }
}
