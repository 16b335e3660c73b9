/// What kind of content a resource type has, before any look at the document.
public enum ResourceClass: String, Sendable, Hashable, CaseIterable {
    /// Definitions, terminology and catalogues: about nobody.
    case definition
    /// Institutions, places, staff and bookable times: the public directory.
    case directory
    /// The audit log.
    case audit
    /// What moves documents between systems, with addresses and keys of these.
    case transport
    /// Everything else: records of persons, or of samples, devices and money that may lead to persons.
    case personal

    /// The class of a resource type; unknown types are personal.
    public static func of(_ type: String) -> ResourceClass {
        if definitionTypes.contains(type) { return .definition }
        if directoryTypes.contains(type) { return .directory }
        if transportTypes.contains(type) { return .transport }
        return type == "AuditEvent" ? .audit : .personal
    }

    private static let definitionTypes: Set<String> = [
        "ActivityDefinition", "CapabilityStatement", "CatalogEntry", "ChargeItemDefinition", "CodeSystem",
        "CompartmentDefinition", "ConceptMap", "DeviceDefinition", "EffectEvidenceSynthesis", "EventDefinition",
        "Evidence", "EvidenceVariable", "ExampleScenario", "GraphDefinition", "ImplementationGuide", "InsurancePlan",
        "Library", "Measure", "Medication", "MedicationKnowledge", "MedicinalProduct",
        "MedicinalProductAuthorization", "MedicinalProductContraindication", "MedicinalProductIndication",
        "MedicinalProductIngredient", "MedicinalProductInteraction", "MedicinalProductManufactured",
        "MedicinalProductPackaged", "MedicinalProductPharmaceutical", "MedicinalProductUndesirableEffect",
        "MessageDefinition", "NamingSystem", "ObservationDefinition", "OperationDefinition", "PlanDefinition",
        "Questionnaire", "ResearchDefinition", "ResearchElementDefinition", "RiskEvidenceSynthesis",
        "SearchParameter", "SpecimenDefinition", "StructureDefinition", "StructureMap", "Substance",
        "SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein", "SubstanceReferenceInformation",
        "SubstanceSourceMaterial", "SubstanceSpecification", "TerminologyCapabilities", "TestScript", "ValueSet",
        "ViewDefinition",
    ]
    private static let directoryTypes: Set<String> = [
        "HealthcareService", "Location", "Organization", "OrganizationAffiliation", "Practitioner",
        "PractitionerRole", "Schedule", "Slot",
    ]
    private static let transportTypes: Set<String> = ["Endpoint", "MessageHeader", "Subscription", "TestReport"]
}
