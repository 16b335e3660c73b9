// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that build and test of the house never wait for it.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "healthbrain-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "healthbrain", path: ".."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    ],
    targets: [
        .target(
            name: "CSimdjson", path: "CSimdjson", cxxSettings: [.unsafeFlags(["-O3"])],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .executableTarget(
            name: "json-parsing", dependencies: ["CSimdjson", .product(name: "JSON", package: "healthbrain")],
            path: "JSONParsing", swiftSettings: settings),
        .executableTarget(
            name: "fhirpath-rate",
            dependencies: [
                .product(name: "JSON", package: "healthbrain"), .product(name: "FHIR", package: "healthbrain"),
                .product(name: "FHIRPath", package: "healthbrain"),
            ],
            path: "FHIRPath", exclude: ["expressions.json", "fhirpathpy-rate.py"], swiftSettings: settings),
        .executableTarget(
            name: "audit-rate", dependencies: [.product(name: "AuditLog", package: "healthbrain")],
            path: "AuditLog", swiftSettings: settings),
        .executableTarget(
            name: "highway-rate",
            dependencies: [
                .product(name: "FHIR", package: "healthbrain"), .product(name: "Mapping", package: "healthbrain"),
            ],
            path: "highway", exclude: ["hl7apy_baseline.py"], swiftSettings: settings),
        .executableTarget(
            name: "surveillance-quality", dependencies: [.product(name: "Surveillance", package: "healthbrain")],
            path: "surveillance/Quality", swiftSettings: settings),
        .executableTarget(
            name: "surveillance-rate", dependencies: [.product(name: "Surveillance", package: "healthbrain")],
            path: "surveillance/Rate", swiftSettings: settings),
        .executableTarget(
            name: "pathways-rate", dependencies: [.product(name: "Pathways", package: "healthbrain")],
            path: "pathways/Rate", swiftSettings: settings),
        .executableTarget(
            name: "bare-route", dependencies: [.product(name: "Hummingbird", package: "hummingbird")],
            path: "BareRoute", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
