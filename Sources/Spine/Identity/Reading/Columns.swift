import Foundation

/// What a column of a file of records means.
public enum ColumnRole: String, CaseIterable, Sendable {
    case recordID = "record_id"
    case source, registeredAt = "registered_at"
    case name, surname, given = "given_name"
    case sex
    case birthDate = "birth_date"
    case idType = "id_type"
    case idNumber = "id_no"
    /// A number of a person without a check digit, such as an Australian or American social security number.
    case identifier
    case phone = "mobile"
    case address, district
    /// A card that only its issuer's records share.
    case card = "card_no"
    case socialCard = "si_card_no"
    case ethnicity
    case contactName = "contact_name"
    case streetNumber = "street_number"
    case address1 = "address_1"
    case address2 = "address_2"
    case suburb, postcode
}

/// Which column of a file holds what.
public struct Columns: Sendable {
    /// Position of each role's column, from 0.
    public private(set) var positions: [ColumnRole: Int] = [:]

    /// Names by which columns are known without a columns file, beside the roles' own.
    private static let known: [String: ColumnRole] = [
        "rec_id": .recordID, "id": .recordID, "unique_id": .recordID, "记录号": .recordID, "编号": .recordID,
        "source_dataset": .source, "机构": .source, "机构代码": .source, "登记时间": .registeredAt,
        "姓名": .name, "full_name": .name, "last_name": .surname, "family_name": .surname, "family": .surname,
        "姓": .surname, "first_name": .given, "given": .given, "名": .given, "性别": .sex, "gender": .sex,
        "date_of_birth": .birthDate, "dob": .birthDate, "birthdate": .birthDate, "出生日期": .birthDate,
        "证件类型": .idType, "身份证号": .idNumber, "证件号码": .idNumber, "soc_sec_id": .identifier,
        "ssn": .identifier, "phone": .phone, "telephone": .phone, "手机号": .phone, "联系电话": .phone, "电话": .phone,
        "住址": .address, "地址": .address, "现住址": .address, "行政区划": .district, "就诊卡号": .card,
        "社保卡号": .socialCard, "医保卡号": .socialCard, "市民卡号": .socialCard, "民族": .ethnicity,
        "联系人": .contactName, "联系人姓名": .contactName, "监护人": .contactName, "city": .suburb, "zip": .postcode,
        "postal_code": .postcode,
    ]

    /// What is wrong with a header or a columns file.
    public enum Fault: Error, Equatable, CustomStringConvertible {
        case unknownRole(String, line: Int)
        case missingColumn(String, role: String)
        case noRecordID(header: [String])
        case nothingToCompare(header: [String])

        /// What is wrong, and what to write instead.
        public var description: String {
            switch self {
            case .unknownRole(let role, let line):
                "line \(line) of the columns file: '\(role)' is no role; the roles are "
                    + ColumnRole.allCases.map(\.rawValue).joined(separator: ", ")
            case .missingColumn(let column, let role):
                "the columns file gives '\(column)' for \(role), but the file of records has no such column"
            case .noRecordID(let header) where header.allSatisfy(\.isEmpty):
                "the file of records is empty; its first line names the columns"
            case .noRecordID(let header):
                "no column of \(header.joined(separator: ", ")) is known as the record's own id; name it with --columns, "
                    + "for example: record_id = 病案号"
            case .nothingToCompare(let header):
                "no column of \(header.joined(separator: ", ")) is known that says who a record is about; name some with "
                    + "--columns, for example: name = 患者姓名"
            }
        }
    }

    /// - Parameters:
    ///   - header: names of the columns, first to last.
    ///   - mapping: text of a columns file: lines `role = column`, `role: column` or `role,column`, or a JSON object of one text
    ///     each; `#` begins a remark. What it names overrules the
    ///     known names; `role =` with nothing leaves the role out.
    public init(header: [String], mapping: String = "") throws(Fault) {
        for (position, column) in header.enumerated() {
            let column = Self.plain(column)
            guard let role = ColumnRole(rawValue: column) ?? Self.known[column], positions[role] == nil else {
                continue
            }
            positions[role] = position
        }
        try apply(mapping, header: header)
        guard positions[.recordID] != nil else { throw .noRecordID(header: header) }
        let telling: [ColumnRole] = [.name, .surname, .given, .idNumber, .identifier, .phone, .birthDate]
        guard telling.contains(where: { positions[$0] != nil }) else { throw .nothingToCompare(header: header) }
    }

    private mutating func apply(_ mapping: String, header: [String]) throws(Fault) {
        let plainHeader = header.map(Self.plain)
        for (number, line) in Self.lines(mapping).enumerated() {
            let content = line.prefix { $0 != "#" }
            guard let sign = content.firstIndex(where: { "=:,".contains($0) }) else { continue }
            let name = Self.plain(String(content[..<sign]))
            let column = Self.plain(String(content[content.index(after: sign)...]))
            guard let role = ColumnRole(rawValue: name) else { throw .unknownRole(name, line: number + 1) }
            if column.isEmpty {
                positions[role] = nil
                continue
            }
            guard let position = plainHeader.firstIndex(of: column) else {
                throw .missingColumn(column, role: role.rawValue)
            }
            for (other, at) in positions where at == position { positions[other] = nil }
            positions[role] = position
        }
    }

    /// The lines of a columns file; those of a JSON object are its members.
    private static func lines(_ mapping: String) -> [String] {
        if mapping.first(where: { !$0.isWhitespace && $0 != "\u{FEFF}" }) == "{",
            let object = try? JSONDecoder().decode([String: String].self, from: Data(mapping.utf8))
        {
            return object.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
        }
        return mapping.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
    }

    private static func plain(_ name: String) -> String {
        var scalars = Substring(name).unicodeScalars
        while let first = scalars.first, first.properties.isWhitespace || first == "\u{FEFF}" || first == "\"" {
            scalars.removeFirst()
        }
        while let last = scalars.last, last.properties.isWhitespace || last == "\"" { scalars.removeLast() }
        return String(scalars).lowercased()
    }
}
