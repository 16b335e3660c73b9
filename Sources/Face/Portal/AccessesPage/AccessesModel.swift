import AuditLog
import Calendar

/// Who has looked at a resident's record, as plain data.
struct AccessesModel: Sendable {
    /// What the address asks for.
    struct Choice: Sendable, Equatable {
        /// Whose record; nil for the own one.
        var person: String?
        var kind: Kind?
        /// Whether what the person did is listed too.
        var showsOwn = false
        var below: Int64?

        /// Reads `person`, `kind`, `own` and `below`; what is not understood is left out.
        init(query: [(name: String, value: String)] = []) {
            for (name, value) in query {
                switch name {
                case "person": person = value.isEmpty ? nil : value
                case "kind": kind = Kind(rawValue: value)
                case "own": showsOwn = value == "1"
                case "below": below = Int64(value)
                default: break
                }
            }
        }

        /// The address of a choice.
        var href: String {
            Address.make(
                "/my/accesses",
                [
                    ("person", person), ("kind", kind?.rawValue), ("own", showsOwn ? "1" : nil),
                    ("below", below.map(String.init)),
                ])
        }
    }

    /// What kind of access it was.
    enum Kind: String, Sendable, CaseIterable {
        case view
        case write
        case export
        case emergency
        case refused
        case other
    }

    /// What one reader did on one day, for one reason, in one way.
    struct Access: Sendable, Equatable {
        let kind: Kind
        let agent: AuditAgent
        let purpose: String
        /// The reason given in words, at a break-glass; empty for none.
        let reason: String
        /// The earliest and the latest instant, in milliseconds.
        var from: Int64
        var until: Int64
        /// The places of the entries, the newest first.
        var places: [Int64]
        /// How many records of each type.
        var types: [String: Int]
        /// Records that were counted already.
        var records: Set<String>
        /// Whether it was found by a search.
        var wasSearched: Bool
        let action: AuditAction
    }

    /// A day's accesses, newest first.
    struct Day: Sendable, Equatable {
        let day: CivilDay
        var accesses: [Access]
    }

    let choice: Choice
    let days: [Day]
    /// The place below which the next page begins; nil on the last one.
    let next: Int64?

    /// Entries on a page at most, before they are put together.
    static let entriesMax = 120
    /// Entries looked at for one page at most.
    static let scannedMax = 2_400
}

extension AccessesModel.Kind {
    init(_ entry: AuditEntry) {
        if entry.outcome != .success {
            self = .refused
            return
        }
        switch entry.action {
        case .breakGlass: self = .emergency
        case .read, .vread, .history, .search, .operation, .reveal:
            self = entry.purpose == "ETREAT" ? .emergency : .view
        case .create, .update, .patch, .delete, .transaction: self = .write
        case .export, .disclosure: self = .export
        case .refusal, .signInFailed: self = .refused
        default: self = .other
        }
    }
}

extension AccessesModel {
    /// Puts entries together, newest first: what one reader did on a day in one way is one line.
    /// Of an entry that concerns others too, neither the words of a search nor the others' records are told.
    /// - Parameter patient: the reference of whose record it is.
    static func days(_ entries: [AuditTrail.Placed], about patient: String) -> [Day] {
        var days: [Day] = []
        for placed in entries {
            let day = CivilDay(milliseconds: placed.entry.at)
            if days.last?.day != day { days.append(Day(day: day, accesses: [])) }
            days[days.count - 1].add(placed, about: patient)
        }
        return days
    }
}

extension AccessesModel.Day {
    /// Adds an entry to the line that it belongs to, or begins one.
    mutating func add(_ placed: AuditTrail.Placed, about patient: String) {
        let entry = placed.entry
        let kind = AccessesModel.Kind(entry)
        let isAlone = entry.action == .breakGlass || kind == .other
        let known = accesses.firstIndex {
            !isAlone && $0.kind == kind && $0.agent == entry.agent && $0.purpose == entry.purpose
                && $0.action != .breakGlass
        }
        let place: Int
        if let known {
            place = known
            accesses[place].from = min(accesses[place].from, entry.at)
            accesses[place].until = max(accesses[place].until, entry.at)
        } else {
            place = accesses.count
            accesses.append(
                AccessesModel.Access(
                    kind: kind, agent: entry.agent, purpose: entry.purpose,
                    reason: entry.action == .breakGlass ? entry.reason : "", from: entry.at, until: entry.at,
                    places: [], types: [:], records: [], wasSearched: false, action: entry.action))
        }
        accesses[place].places.append(placed.index)
        for entity in entry.entities {
            switch entity {
            case .query: accesses[place].wasSearched = true
            case .resource(let reference, _):
                guard entry.patients.count < 2 || reference == patient,
                    accesses[place].records.insert(reference).inserted, let slash = reference.firstIndex(of: "/")
                else { continue }
                accesses[place].types[String(reference[..<slash]), default: 0] += 1
            }
        }
    }
}
