import Foundation
import SQL

/// A place and a distance: `near=30.25|120.16|5|km` (<https://hl7.org/fhir/R4/location.html#positional>).
struct Near: Sendable {
    /// Degrees north.
    let latitude: Double
    /// Degrees east.
    let longitude: Double
    let meters: Double

    /// Without a distance the server chooses.
    static let metersByDefault = 10_000.0
    /// The mean radius of the earth (IUGG).
    private static let radius = 6_371_008.8
    private static let units: [String: Double] = [
        "km": 1000, "m": 1, "[mi_i]": 1609.344, "mi": 1609.344, "[mi_us]": 1609.347_218_7, "[nmi_i]": 1852,
        "[ft_i]": 0.3048, "[yd_i]": 0.9144,
    ]

    init(_ parts: [String]) throws(RecordsError) {
        func refused(_ why: String) -> RecordsError {
            RecordsError(.invalid, "near takes latitude|longitude|distance|unit, as in 30.25|120.16|5|km: \(why).")
        }
        guard parts.count >= 2, parts.count <= 4, let latitude = Double(parts[0]), let longitude = Double(parts[1]),
            (-90...90).contains(latitude), (-180...180).contains(longitude)
        else { throw refused("the place is not given in degrees") }
        let unit = parts.count > 3 && !parts[3].isEmpty ? parts[3] : "km"
        guard let factor = Self.units[unit] else {
            throw refused("known units are \(Self.units.keys.sorted().joined(separator: ", "))")
        }
        self.latitude = latitude
        self.longitude = longitude
        if parts.count > 2, !parts[2].isEmpty {
            guard let distance = Double(parts[2]), distance >= 0, distance.isFinite else {
                throw refused("the distance is no number")
            }
            meters = distance * factor
        } else {
            meters = Self.metersByDefault
        }
    }

    /// The index row of a place: the latitude as value, the longitude in ten-millionths of a degree as code.
    static func row(_ param: Int64, latitude: Double, longitude: Double) -> IndexRows.Quantity {
        let code = Int64((min(max(longitude, -180), 180) * 1e7).rounded())
        return .init(param: param, value: latitude, system: 0, code: code, unit: 0)
    }

    func contains(_ row: IndexRows.Quantity) -> Bool {
        meters(toLatitude: row.value, longitude: Double(row.code) / 1e7) <= meters
    }

    /// The distance along a great circle, by the haversine formula.
    func meters(toLatitude other: Double, longitude otherLongitude: Double) -> Double {
        func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
        let north = sin(radians(other - latitude) / 2)
        let east = sin(radians(otherLongitude - longitude) / 2)
        let chord = north * north + cos(radians(latitude)) * cos(radians(other)) * east * east
        return 2 * Self.radius * asin(min(1, chord.squareRoot()))
    }

    /// The degrees of latitude within which everything lies.
    var latitudes: ClosedRange<Double> {
        let reach = min(180, meters / Self.radius * 180 / .pi + 1e-6)
        return latitude - reach...latitude + reach
    }

    /// The ten-millionths of degrees of longitude within which everything lies; two ranges across the date line, and all
    /// of them around a pole.
    var longitudes: [ClosedRange<Int64>] {
        let all = [Int64(-1_800_000_000)...1_800_000_000]
        let latitudes = latitudes
        let widest = max(abs(latitudes.lowerBound), abs(latitudes.upperBound))
        guard widest < 89.9 else { return all }
        let reach = (latitudes.upperBound - latitude) / cos(widest * .pi / 180)
        guard reach < 180 else { return all }
        func scaled(_ degrees: Double) -> Int64 { Int64((degrees * 1e7).rounded()) }
        let (west, east) = (longitude - reach, longitude + reach)
        if west < -180 { return [scaled(west + 360)...1_800_000_000, -1_800_000_000...scaled(east)] }
        if east > 180 { return [scaled(west)...1_800_000_000, -1_800_000_000...scaled(east - 360)] }
        return [scaled(west)...scaled(east)]
    }
}

extension ConditionSQL {
    /// At most this many places are measured for one search.
    private static let placesMax = 50_000

    /// A box on the index rows, then the exact distance.
    func near(_ near: Near, _ id: SQLValue) throws -> [RowSource] {
        let table = IndexTable.quantity.name
        var places: [(rid: Int64, row: IndexRows.Quantity)] = []
        for range in near.longitudes {
            try db.rows(
                "SELECT rid, value, code FROM \(table) WHERE param = ? AND value >= ? AND value <= ? "
                    + "AND code >= ? AND code <= ? LIMIT \(Self.placesMax + 1)",
                [
                    id, .real(near.latitudes.lowerBound), .real(near.latitudes.upperBound),
                    .integer(range.lowerBound), .integer(range.upperBound),
                ]
            ) { row in
                places.append(
                    (row.int(0), .init(param: 0, value: row.real(1), system: 0, code: row.int(2), unit: 0)))
            }
        }
        guard places.count <= Self.placesMax else {
            throw RecordsError(
                .tooCostly, "More than \(Self.placesMax) places lie about there; ask for a shorter distance.")
        }
        let rids = Set(places.filter { near.contains($0.row) }.map(\.rid)).sorted()
        guard !rids.isEmpty else { return [] }
        let numbers = rids.map(String.init).joined(separator: ", ")
        return [
            RowSource(
                table: table,
                condition: Fragment(
                    "§.param = ? AND §.value >= ? AND §.value <= ? AND §.rid IN (\(numbers))",
                    [id, .real(near.latitudes.lowerBound), .real(near.latitudes.upperBound)]),
                isSeekable: false, isDistinct: true, rank: 1)
        ]
    }
}
