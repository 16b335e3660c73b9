public import Foundation

/// Where a run of cases reads its inputs: a folder, or anything that looks like one.
public struct CaseInputs: Sendable {
    /// Paths of the files below the folder, as far as names are looked for.
    public var names: [String]
    /// The text of the file at a path below the folder; nil when there is none.
    public var read: @Sendable (String) -> String?

    /// Inputs from anywhere.
    public init(names: [String], read: @escaping @Sendable (String) -> String?) {
        self.names = names
        self.read = read
    }

    /// The files of a folder.
    public init(folder: URL) {
        names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        read = { path in
            (try? Data(contentsOf: folder.appending(path: path))).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    func table(_ path: String) throws(SurveillanceFault) -> Table {
        guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw SurveillanceFault(path, "lies outside of the folder")
        }
        guard let text = read(path) else { throw SurveillanceFault(path, "the file is not there or can't be read") }
        do {
            return try Table(csv: text)
        } catch {
            throw SurveillanceFault("\(path), \(error.field)", error.reason)
        }
    }
}

/// One file that a case gave.
public struct CaseOutput: Sendable, Equatable {
    /// The name of the file.
    public var name: String
    /// Its text.
    public var text: String
}

/// Why a case gave nothing.
public struct CaseFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The case.
    public var id: String
    /// What is wrong with it.
    public var fault: SurveillanceFault

    /// Id, field and reason in one line.
    public var description: String { "\(id): \(fault)" }
}

/// A `cases.json`, run case by case on the inputs beside it.
public struct CaseRun: Sendable {
    private let inputs: CaseInputs
    private let cases: [Setting]

    /// Reads the list of cases.
    public init(_ inputs: CaseInputs) throws(SurveillanceFault) {
        self.inputs = inputs
        guard let text = inputs.read("cases.json") else {
            throw SurveillanceFault("cases.json", "the file is not there or can't be read")
        }
        do {
            cases = try JSONDecoder().decode([Setting].self, from: Data(text.utf8))
        } catch {
            throw SurveillanceFault("cases.json", "is not a JSON list of cases")
        }
    }

    /// How many cases there are.
    public var count: Int { cases.count }

    /// Runs every case; a case with a fault doesn't stop the others, and none overwrites what another gave.
    /// - Parameter emit: called after each case, in their order, with its files or with why there are none.
    public func run(_ emit: (Result<[CaseOutput], CaseFault>) throws -> Void) async rethrows {
        var given: [String: String] = [:]
        for (index, item) in cases.enumerated() {
            guard case .object(let values) = item else {
                let fault = SurveillanceFault("cases.json", "an object is expected")
                try emit(.failure(CaseFault(id: "case \(index + 1)", fault: fault)))
                continue
            }
            let settings = Settings(values: values)
            var id = "case \(index + 1)"
            let result: Result<[CaseOutput], CaseFault>
            do throws(SurveillanceFault) {
                id = try settings.required("id", settings.text("id"))
                _ = try settings.fileName("id")
                var outputs = try await Self.outputs(id, settings, inputs)
                for index in outputs.indices {
                    let output = outputs[index]
                    guard let earlier = given[output.name] else { continue }
                    if output.name.hasPrefix("\(id).") {
                        throw SurveillanceFault("id", "a case before has given \(output.name)")
                    }
                    // A file for a whole data set goes by the case where another case's differs.
                    if earlier != output.text { outputs[index].name = "\(id)__\(output.name)" }
                }
                for output in outputs { given[output.name] = output.text }
                result = .success(outputs)
            } catch {
                result = .failure(CaseFault(id: id, fault: error))
            }
            try emit(result)
        }
    }

    private static func outputs(_ id: String, _ settings: Settings, _ inputs: CaseInputs)
        async throws(SurveillanceFault) -> [CaseOutput]
    {
        if settings["pop_upper_bound"] != nil { return try SpatialScanCase(settings).outputs(id, inputs) }
        if settings["k_nearest"] != nil { return try await SpaceTimeScanCase(settings).outputs(id, inputs) }
        if settings["eps_t_days"] != nil { return try KnoxCase(settings).outputs(id, inputs) }
        if settings["now"] != nil { return try NowcastCase(settings).outputs(id, inputs) }
        if try settings.text("method") == "lawless" { return try NowcastCase(settings).outputs(id, inputs) }
        if settings["algorithm"] == nil, settings["method"] != nil {
            return try ReproductionNumberCase(settings).outputs(id, inputs)
        }
        let algorithm = try settings.required("algorithm", settings.text("algorithm"))
        if ESSENCECase.algorithms.contains(algorithm) {
            return [CaseOutput(name: "\(id).csv", text: try ESSENCECase(settings).table(inputs).csv)]
        }
        return [CaseOutput(name: "\(id).csv", text: try DetectorCase(settings).table(id, inputs).csv)]
    }
}
