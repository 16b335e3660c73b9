import FHIR

/// A search parameter as a SearchParameter resource defines it (<https://hl7.org/fhir/R4/searchparameter.html>).
struct CustomParameter: Sendable, Equatable {
    struct Component: Sendable, Equatable {
        /// The canonical URL of the parameter that the part stands for.
        var definition: String
        var expression: String
    }

    var url: String
    var code: String
    var type: SearchParameterType
    /// As written: resource types, `Resource` and `DomainResource`.
    var bases: [String]
    var expression: String
    /// Resource types that a reference may point to; empty: any.
    var targets: [String]
    var components: [Component]

    /// The resource types that it is a parameter of.
    func types(_ definitions: Definitions) -> [String] {
        definitions.resourceTypes.filter { type in
            bases.contains { base in
                switch base {
                case type, "Resource": true
                case "DomainResource": definitions.structure(type)?.base == base
                default: false
                }
            }
        }
    }
}

extension Definitions {
    /// Where HL7's own search parameters have their canonical URLs; the name behind it is a base and a code: `clinical-code`.
    static let standardParameters = "http://hl7.org/fhir/SearchParameter/"
}
