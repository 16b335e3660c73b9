import Foundation

/// Digests of breached passwords in a sorted file, searched on the disk.
///
/// The form is that of Have I Been Pwned's download: one line a password, its SHA-1 as 40 hexadecimal digits in ascending
/// order, and what follows a colon is not read. SHA-256 with 64 digits is read as well.
public struct HashList: Sendable {
    private let data: Data
    private let digits: Int

    /// Opens a file.
    ///
    /// - Throws: ``AccountsError/breachList(_:)`` when it can't be read or its lines are not digests in ascending order;
    ///   a thousand of them are looked at.
    public init(file path: String) throws(AccountsError) {
        do {
            try self.init(Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped), named: path)
        } catch let error as AccountsError { throw error } catch {
            throw .breachList("The list of breached passwords \(path) can't be read.")
        }
    }

    init(_ data: Data, named path: String) throws(AccountsError) {
        self.data = data
        let length = data.prefix(65).prefix { Hex.digit($0) != nil }.count
        digits = length
        guard length == 40 || length == 64 else {
            throw .breachList("\(path) is not a list of SHA-1 or SHA-256 digests, one a line.")
        }
        var last: [UInt8] = []
        for sample in 0...1_000 {
            let start = lineStart(data.count / 1_000 * sample)
            guard start < data.count else { break }
            guard let digest = digest(at: start) else {
                throw .breachList("\(path) has a line that is no digest, near byte \(start).")
            }
            guard !digest.lexicographicallyPrecedes(last) else {
                throw .breachList("\(path) is not sorted, near byte \(start). Sort it: LC_ALL=C sort")
            }
            last = digest
        }
    }

    /// Whether a password is in the list.
    public func contains(_ password: [UInt8]) -> Bool {
        let sought = (digits == 40 ? Digest.sha1 : .sha256).of(password)
        var low = 0
        var high = data.count
        // The first line that is not below, by bisection over bytes.
        while low < high {
            let middle = lineStart(low + (high - low) / 2)
            guard middle < high else {
                high = low + (high - low) / 2
                continue
            }
            guard let found = digest(at: middle) else { return false }
            if found.lexicographicallyPrecedes(sought) {
                low = lineEnd(middle)
            } else if found == sought {
                return true
            } else {
                high = low + (high - low) / 2
            }
        }
        return low < data.count && digest(at: lineStart(low)) == sought
    }

    /// The start of the first line that begins at a byte or behind it; the end of the data when there is none.
    private func lineStart(_ place: Int) -> Int {
        if place <= 0 || place >= data.count { return min(max(place, 0), data.count) }
        return byte(place - 1) == 0x0A ? place : lineEnd(place)
    }

    private func lineEnd(_ place: Int) -> Int {
        var place = place
        while place < data.count, byte(place) != 0x0A { place += 1 }
        return min(place + 1, data.count)
    }

    private func digest(at start: Int) -> [UInt8]? {
        guard data.count - start >= digits else { return nil }
        if data.count - start > digits, Hex.digit(byte(start + digits)) != nil { return nil }
        return Hex.decode(
            String(decoding: data[(data.startIndex + start)..<(data.startIndex + start + digits)], as: UTF8.self))
    }

    private func byte(_ place: Int) -> UInt8 { data[data.startIndex + place] }
}
