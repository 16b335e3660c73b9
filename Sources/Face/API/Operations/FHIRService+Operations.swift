import FHIR
import HTTPTypes
import Hummingbird
import JSON
import Records

/// Invoking operations: <https://hl7.org/fhir/R4/operations.html#executing>
extension FHIRService {
    /// The operations that a resource type has, or the system.
    static func operations(of type: String?) -> [any FHIROperation] {
        OperationList.all.filter { operation in
            guard let type else { return operation.levels.contains(.system) }
            return operation.levels.contains { $0 != .system } && (operation.types?.contains(type) ?? true)
        }
    }

    func operate(_ name: String, at place: OperationPlace, _ call: Call) async throws -> Reply {
        let named = Self.operations(of: place.type).filter { $0.name == name }
        guard let operation = named.first(where: { $0.levels.contains(place.level) }) else {
            guard let other = OperationList.all.first(where: { $0.name == name }) else {
                throw Fault.unknownOperation("$" + name)
            }
            throw Fault.operationElsewhere(other, place)
        }
        let method = call.request.method
        let isRetrieval = method == .get || method == .head
        guard method == .post || (isRetrieval && !operation.affectsState) else {
            throw Fault.methodNotAllowed(method, operation.affectsState ? [.post] : [.get, .head, .post])
        }
        var parameters = OperationParameters(query: call.pairs)
        if method == .post, let document = try await operationBody(call) {
            try parameters.add(body: document, standingFor: operation.bodyParameter, of: operation.name)
        }
        for entry in parameters.entries where !operation.parameters.contains(entry.name) {
            throw Fault.unknownParameter(entry.name, operation.parameters + ["_format", "_pretty"])
        }
        try call.visitor?.decide(operation, at: place)
        return try await operation.run(
            OperationRequest(service: self, call: call, place: place, parameters: parameters))
    }

    /// The body of an invocation; nil when there is none, which means no parameters.
    private func operationBody(_ call: Call) async throws -> JSONDocument? {
        let text = try await call.body()
        guard !text.isEmpty else { return nil }
        let contentType = call.fields[.contentType]
        guard MediaTypes.isReadable(contentType) else { throw Fault.unsupportedMediaType(contentType ?? "") }
        return try JSONDocument(parsing: text, limits: JSONLimits(bytesMax: options.bodyBytesMax))
    }
}

extension Fault {
    fileprivate static func operationElsewhere(_ operation: any FHIROperation, _ place: OperationPlace) -> Fault {
        let type = operation.types.map { $0.joined(separator: "|") } ?? "[type]"
        let places = [
            operation.levels.contains(.system) ? "/fhir/$\(operation.name)" : nil,
            operation.levels.contains(.type) ? "/fhir/\(type)/$\(operation.name)" : nil,
            operation.levels.contains(.instance) ? "/fhir/\(type)/[id]/$\(operation.name)" : nil,
        ].compactMap { $0 }
        return Fault(
            .notFound, .notSupported,
            "The operation \"$\(operation.name)\" is not available here, but at \(places.joined(separator: ", ")).")
    }
}
