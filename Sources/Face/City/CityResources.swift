import Foundation

/// The data files of the city: boundaries for maps, districts, and the tables that the simulator runs on.
///
/// `Resources/README.md` says where each file comes from and which of its numbers are our own defaults.
public enum CityResources {
    /// A district, county or county-level city of GB/T 2260.
    public struct District: Sendable, Hashable {
        /// The six-digit code of GB/T 2260, as `330106`.
        public let code: String
        /// The Chinese name, as 西湖区.
        public let name: String
        /// Residents at the census of 2020 (rounded for Wenzhou and part of Jiaxing).
        public let population: Int
    }

    /// The cities that can be simulated, by the names that options and files use.
    public static let cities = ["hangzhou", "jiaxing", "wenzhou"]

    /// The district boundaries of a city as GeoJSON: one feature a district, its id the GB/T 2260 code.
    ///
    /// - Parameter city: one of ``cities``.
    /// - Throws: ``CityError/unknownCity(_:known:)``, or ``CityError/resource(_:reason:)`` when the file is missing.
    public static func boundaries(city: String) throws(CityError) -> [UInt8] {
        guard cities.contains(city) else { throw .unknownCity(city, known: cities) }
        return try bytes("geo/\(city).geojson")
    }

    /// The districts of a city, in the order of their codes.
    ///
    /// - Parameter city: one of ``cities``.
    /// - Throws: as ``boundaries(city:)``.
    public static func districts(city: String) throws(CityError) -> [District] {
        guard cities.contains(city) else { throw .unknownCity(city, known: cities) }
        let table = try Table(named: "districts.tsv")
        var districts: [District] = []
        for row in table.rows where try row.text("city") == city {
            districts.append(
                try District(code: row.text("code"), name: row.text("name"), population: row.integer("population")))
        }
        return districts
    }

    static func bytes(_ path: String) throws(CityError) -> [UInt8] {
        let url = Bundle.module.bundleURL.appendingPathComponent("Resources").appendingPathComponent(path)
        do {
            return [UInt8](try Data(contentsOf: url))
        } catch {
            throw .resource(path, reason: "the file is not in the module's resources")
        }
    }
}
