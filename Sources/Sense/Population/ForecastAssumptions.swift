import Foundation
import JSON
public import Syndromes

/// What a projection assumes where the records don't tell it: `forecast.json`.
public struct ForecastAssumptions: Sendable, Equatable {
    /// Deaths a year for each 1,000 men, by age.
    public var deathsOfMen: [Double]
    /// The same of women.
    public var deathsOfWomen: [Double]
    /// How births spread over the ages of mothers, by age; only the proportions count.
    public var birthPattern: [Double]
    /// Of newborns.
    public var boysPer100Girls: Double
    /// An area's own level of deaths counts from so many on.
    public var leastDeaths: Int
    /// An area's own level of births counts from so many on.
    public var leastBirths: Int
    /// Days that a mother stays.
    public var stayDays: Double
    /// The share of its days for which a bed is taken.
    public var occupancy: Double
    /// Children below this age may need a place in childcare.
    public var childcareBelow: Int
    /// The share of them who take one.
    public var childcareShare: Double
    /// Who is old.
    public var elderFrom: Int
    /// Beds of elder care for each 100 of them.
    public var careBedsPer100: Double
    /// How far it looks, in years.
    public var years: Int

    /// Those of the house.
    /// - Throws: ``DefinitionFault`` with file, place and hint.
    public init() throws(DefinitionFault) { try self.init(DefinitionFile(house: "forecast.json", in: Bundle.module)) }

    /// Those of a file's bytes.
    public init(_ bytes: [UInt8]) throws(DefinitionFault) { try self.init(DefinitionFile("forecast.json", bytes)) }

    private init(_ file: DefinitionFile) throws(DefinitionFault) {
        func number(_ path: JSONKey...) throws(DefinitionFault) -> Double {
            let found = path.reduce(Optional(file.root)) { node, key in node?[key] }?.double
            guard let found, found > 0, found.isFinite else {
                throw file.fault(path.map(\.string).joined(separator: "."), "must be a number above 0")
            }
            return found
        }
        func bands(_ group: JSONKey, _ key: JSONKey, from: Int, width: Int) throws(DefinitionFault) -> [Double] {
            let values = (file.root[group]?[key]).map { Array($0.elements) }?.compactMap(\.double) ?? []
            guard !values.isEmpty, values.allSatisfy({ $0 >= 0 && $0 <= 1_000 }) else {
                throw file.fault("\(group.string).\(key.string)", "must be a list of numbers from 0 to 1,000")
            }
            return (0...AgePyramid.ageMax).map { age in
                guard age >= from else { return 0 }
                let band = (age - from) / width
                // The last band of deaths is open; births end with theirs.
                return band < values.count ? values[band] : from == 0 ? values[values.count - 1] : 0
            }
        }
        let width = try Int(number("deathsPer1000", "bandYears"))
        deathsOfMen = try bands("deathsPer1000", "male", from: 0, width: width)
        deathsOfWomen = try bands("deathsPer1000", "female", from: 0, width: width)
        birthPattern = try bands(
            "birthPattern", "shares", from: Int(number("birthPattern", "fromAge")),
            width: Int(number("birthPattern", "bandYears")))
        boysPer100Girls = try number("boysPer100Girls")
        leastDeaths = try Int(number("leastDeaths"))
        leastBirths = try Int(number("leastBirths"))
        stayDays = try number("obstetrics", "stayDays")
        occupancy = try number("obstetrics", "occupancy")
        childcareBelow = try Int(number("childcare", "belowAge"))
        childcareShare = try number("childcare", "share")
        elderFrom = try Int(number("elders", "fromAge"))
        careBedsPer100 = try number("elders", "careBedsPer100")
        years = try Int(number("years"))
        guard occupancy <= 1 else { throw file.fault("obstetrics.occupancy", "must be 1 at most") }
        guard childcareShare <= 1 else { throw file.fault("childcare.share", "must be 1 at most") }
        guard (1...50).contains(years) else { throw file.fault("years", "must lie between 1 and 50") }
        guard width >= 1 else { throw file.fault("deathsPer1000.bandYears", "must be a whole number above 0") }
    }
}
