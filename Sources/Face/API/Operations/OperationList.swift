/// Every operation of the server, one line each.
enum OperationList {
    static let all: [any FHIROperation] = [
        ValidateOperation(),
        LookupOperation(),
        SubsumesOperation(),
        ValidateCodeInSystemOperation(),
        ValidateCodeInValueSetOperation(),
        ExpandOperation(),
        TranslateOperation(),
        RunViewOperation(),
        PopulateOperation(),
        ExtractOperation(),
        ApplyOperation(),
        ImmunizationForecastOperation(),
        PatientEverythingOperation(),
        EncounterEverythingOperation(),
        BreakGlassOperation(),
        ExportOperation(),
        PatientExportOperation(),
        GroupExportOperation(),
        ApproveExportOperation(),
        MatchOperation(),
        MergeOperation(),
        UnmergeOperation(),
        ResolveHealthCodeOperation(),
    ]
}
