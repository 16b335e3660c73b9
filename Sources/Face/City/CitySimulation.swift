/// A simulated city: residents, households, institutions and the care that residents receive, as FHIR R4.
///
/// ```swift
/// let city = try CitySimulation(CityOptions(city: "hangzhou", seed: 7, residents: 2_000, endDate: "2026-06-30"))
/// for bundle in city.bundles() { send(bundle.json) }
/// ```
///
/// The same options always give the same bytes: nothing reads a clock or the system's randomness. Ids are fixed by
/// seed and place, so sending everything twice changes nothing. Bundles come household by household; the memory in
/// use does not grow with the number of days, and by 16 bytes or so for each resident (the issued ID numbers).
public struct CitySimulation: Sendable {
    private let model: CityModel

    /// Loads the data files and prepares the tables.
    ///
    /// - Throws: ``CityError`` when an option is out of range or a data file is unusable.
    public init(_ options: CityOptions) throws(CityError) {
        model = try CityModel(options)
    }

    /// The options of this city.
    public var options: CityOptions { model.options }

    /// The outbreaks that it plants, as no record tells them.
    public var outbreaks: [PlantedOutbreak] { model.planted }

    /// Transaction Bundles in an order in which every reference points to the same or an earlier bundle:
    /// institutions and practitioners first, then what districts count, then households.
    public func bundles() -> CityBundles { CityBundles(model: model) }
}

/// The bundles of a city, made one household at a time while they are read.
public struct CityBundles: Sequence, IteratorProtocol {
    private let model: CityModel
    private var writer: BundleWriter
    private var register: ResidentIDRegister
    private var waiting: [CityBundle] = []
    private var household = 0
    private var residents = 0
    private var wroteInstitutions = false
    private var district = 0

    init(model: CityModel) {
        self.model = model
        writer = BundleWriter(entriesMax: model.rates.bundleEntriesMax)
        register = ResidentIDRegister(divisions: model.issuingDivisions)
    }

    /// The next bundle; nil when the city is complete.
    public mutating func next() -> CityBundle? {
        while waiting.isEmpty {
            if !wroteInstitutions {
                wroteInstitutions = true
                writer.begin(label: "institutions")
                model.network.write(to: &writer, places: model.places, departments: model.departments)
                model.laboratories.write(model: model, to: &writer)
            } else if district < model.places.districts.count {
                writer.begin(label: "streams \(district + 1)")
                model.streams.write(district: district, model: model, to: &writer)
                model.hazards.write(district: district, model: model, to: &writer)
                model.register.write(district: district, model: model, to: &writer)
                district += 1
            } else if residents < model.options.residents {
                let family = Household(
                    household, in: model, membersMax: model.options.residents - residents, register: &register)
                residents += family.membersAtStart
                writer.begin(label: "household \(household + 1)")
                family.write(to: &writer, model: model)
                household += 1
            } else {
                return nil
            }
            let progress = Double(residents) / Double(model.options.residents)
            waiting = writer.takeFinished().map { bundle in
                CityBundle(
                    json: bundle.json, resources: bundle.resources, label: bundle.label, progress: progress,
                    planted: bundle.planted)
            }
            waiting.reverse()
        }
        return waiting.popLast()
    }
}
