import HTTPTypes
import Hummingbird
import NIOCore

extension Call {
    /// The body, expanded when it was sent compressed.
    /// - Throws: 413 for a body over the limit, 408 for one that doesn't arrive in time, 415 for an unknown coding.
    func body() async throws -> [UInt8] { try await BodyReader(request: request, options: options).body() }
}

/// Reads a body whole, within its limits.
struct BodyReader {
    let request: Request
    let options: DoorOptions

    /// The body, expanded when it was sent compressed.
    /// - Throws: 413 for a body over the limit, 408 for one that doesn't arrive in time, 415 for an unknown coding.
    func body() async throws -> [UInt8] {
        let coding = try coding()
        let limit = options.bodyBytesMax
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw Fault.bodyTooLarge(limit: limit) }
        if announced == 0 { return [] }
        let seconds = options.bodySecondsMax
        let body = request.body
        let bytes = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await Self.collect(body, announced: announced, limit: limit) }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let bytes = first else {
                throw Fault.bodyTooSlow(seconds: seconds)
            }
            return bytes
        }
        guard coding == .compressed, !bytes.isEmpty else { return bytes }
        do {
            return try Gzip.inflated(bytes, bytesMax: limit)
        } catch {
            switch error {
            case .tooLarge(let limit): throw Fault.bodyTooLarge(limit: limit)
            case .damaged: throw Fault.bodyDamaged
            }
        }
    }

    private enum Coding {
        case identity
        case compressed
    }

    private func coding() throws(Fault) -> Coding {
        guard let name = request.headers[.contentEncoding]?.lowercased() else { return .identity }
        switch name {
        case "identity", "": return .identity
        case "gzip", "x-gzip", "deflate": return .compressed
        default: throw .unsupportedCoding(name)
        }
    }

    private static func collect(_ body: RequestBody, announced: Int?, limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(announced ?? 16_384)
        do {
            for try await piece in body {
                guard bytes.count + piece.readableBytes <= limit else { throw Fault.bodyTooLarge(limit: limit) }
                piece.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
            }
        } catch let fault as Fault {
            throw fault
        } catch {
            // The client went away, or what it sent is not HTTP. Whoever still listens learns that nothing was done.
            throw Fault.bodyIncomplete
        }
        return bytes
    }
}
