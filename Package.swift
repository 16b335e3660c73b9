// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// A target of the house: `Sources/<storey>/<name>`.
func room(
    _ storey: String, _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(storey)/\(name)", resources: resources,
        swiftSettings: settings)
}

/// The tests of a target: `Tests/<storey>/<name>Tests`.
func tests(
    _ storey: String, _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(storey)/\(name)Tests", exclude: exclude,
        swiftSettings: settings)
}

let package = Package(
    name: "healthbrain",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "healthbrain", targets: ["healthbrain"]),
        .library(name: "JSON", targets: ["JSON"]),
        .library(name: "FHIR", targets: ["FHIR"]),
        .library(name: "FHIRPath", targets: ["FHIRPath"]),
        .library(name: "Mapping", targets: ["Mapping", "HL7v2"]),
        .library(name: "Surveillance", targets: ["Surveillance"]),
        .library(name: "AuditLog", targets: ["AuditLog", "SQL"]),
        .library(
            name: "Pathways", targets: ["Pathways", "Programmes", "Records", "SQL", "Calendar", "City", "FHIR", "JSON"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // Spine
        .systemLibrary(name: "CRsvg", path: "Sources/Face/CRsvg", providers: [.apt(["librsvg2-dev"])]),
        .systemLibrary(name: "CZstd", path: "Sources/Spine/CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CCrypto", path: "Sources/Spine/CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CArgon2", path: "Sources/Spine/CArgon2", providers: [.apt(["libargon2-dev"])]),
        room("Spine", "JSON"),
        room("Spine", "Calendar"),
        room("Spine", "FHIR", ["JSON"], resources: [.copy("Resources/r4")]),
        room("Spine", "UCUM", resources: [.copy("Resources")]),
        room("Spine", "FHIRPath", ["JSON", "FHIR", "UCUM"]),
        room("Spine", "Terminology", ["JSON", "FHIR"], resources: [.copy("Resources")]),
        room("Spine", "Validation", ["JSON", "FHIR", "UCUM", "FHIRPath", "Terminology"]),
        room("Spine", "HL7v2"),
        room("Spine", "Mapping", ["JSON", "FHIR", "Terminology", "HL7v2", "CCrypto"], resources: [.copy("Resources")]),
        .systemLibrary(name: "CPQ", path: "Sources/Spine/CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        room(
            "Spine", "SQL",
            [
                "CPQ",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        room("Spine", "Access", ["JSON", "FHIR", "CCrypto"]),
        room(
            "Spine", "Records",
            [
                "JSON", "FHIR", "UCUM", "FHIRPath", "Terminology", "Validation", "SQL", "Access", "AuditLog", "CZstd",
                "CCrypto",
            ]),
        room(
            "Spine", "Highway",
            [
                "JSON", "FHIR", "HL7v2", "Mapping", "Terminology", "SQL", "Records", "AuditLog", "Persons", "CZstd",
                "CCrypto",
            ], resources: [.copy("Resources")]),
        room("Spine", "Subscriptions", ["JSON", "FHIR", "SQL", "Access", "AuditLog", "Records", "CCrypto"]),
        room("Spine", "Identity", resources: [.copy("Resources")]),
        room("Spine", "Persons", ["JSON", "FHIR", "SQL", "AuditLog", "Records", "Identity"]),
        room("Spine", "Accounts", ["SQL", "CCrypto", "CArgon2"], resources: [.copy("Resources")]),
        room("Spine", "HealthCode", ["JSON", "Accounts", "CCrypto"]),
        room("Spine", "AuditLog", ["JSON", "SQL", "CZstd", "CCrypto"]),
        room(
            "Spine", "Export", ["JSON", "FHIR", "FHIRPath", "Access", "Records"], resources: [.copy("Resources")]),
        room("Spine", "Views", ["JSON", "FHIR", "FHIRPath", "SQL", "Records"]),

        // Sense
        room("Sense", "Surveillance", ["Calendar"]),
        room("Sense", "DailyCounts", ["JSON", "Calendar", "FHIR", "SQL", "Records"]),
        room("Sense", "Syndromes", ["JSON", "Access"], resources: [.copy("Resources")]),
        room(
            "Sense", "Signals",
            ["JSON", "Calendar", "FHIR", "SQL", "Records", "DailyCounts", "Surveillance", "Syndromes"]),
        room(
            "Sense", "Reporting",
            ["JSON", "Calendar", "FHIR", "SQL", "Records", "DailyCounts", "Syndromes", "Signals"],
            resources: [.copy("Resources")]),
        room(
            "Sense", "Containment",
            ["JSON", "Calendar", "FHIR", "Records", "Syndromes", "Signals"], resources: [.copy("Resources")]),
        room(
            "Sense", "Hazards",
            ["JSON", "Calendar", "UCUM", "SQL", "Records", "DailyCounts", "Syndromes", "Signals", "Containment"],
            resources: [.copy("Resources")]),
        room(
            "Sense", "Population",
            ["JSON", "Calendar", "SQL", "Records", "DailyCounts", "Surveillance", "Syndromes", "Signals"],
            resources: [.copy("Resources")]),
        room(
            "Sense", "Laboratories",
            ["JSON", "Calendar", "FHIR", "Records", "DailyCounts", "Syndromes", "Signals"],
            resources: [.copy("Resources")]),

        // Think
        room("Think", "Series", ["Calendar"]),
        room(
            "Think", "Programmes",
            [
                "JSON", "Calendar", "FHIR", "UCUM", "FHIRPath", "Terminology", "Validation", "Series",
                .product(name: "Yams", package: "Yams"),
            ], resources: [.copy("Resources")]),
        room(
            "Think", "Pathways",
            [
                "JSON", "Calendar", "FHIR", "FHIRPath", "Terminology", "SQL", "Access", "Records", "Series",
                "Programmes",
                "CCrypto",
            ]),
        room("Think", "Forms", ["JSON", "FHIR", "UCUM", "FHIRPath", "Terminology", "Records", "CCrypto"]),

        // Care
        room("Care", "Timeline", ["JSON", "FHIR", "SQL", "Records"]),

        // Face
        .systemLibrary(name: "CZlib", path: "Sources/Face/CZlib", providers: [.apt(["zlib1g-dev"])]),
        room(
            "Face", "Gate",
            [
                "JSON", "FHIR", "SQL", "Access", "Records", "Identity", "Persons", "Accounts", "AuditLog", "Edge",
                .product(name: "Hummingbird", package: "hummingbird"),
            ]),
        room(
            "Face", "Edge",
            [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        room(
            "Face", "Doors",
            [
                "HL7v2", "SQL", "Edge",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        room(
            "Face", "API",
            [
                "JSON", "FHIR", "UCUM", "FHIRPath", "Terminology", "Validation", "SQL", "Access", "Records", "Views",
                "Identity", "Persons", "HealthCode", "Accounts", "AuditLog", "Export", "Highway", "Subscriptions",
                "Gate", "Calendar", "Forms", "Pathways",
                "Edge", "CZlib",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        room("Face", "Pictures", ["CRsvg"]),
        room(
            "Face", "Portal",
            [
                "JSON", "Calendar", "FHIR", "SQL", "Access", "Records", "Identity", "Persons", "HealthCode", "Highway",
                "Subscriptions", "Accounts", "AuditLog", "Gate", "DailyCounts", "Surveillance", "Syndromes", "Signals",
                "Reporting", "Containment", "Hazards", "Population", "Laboratories", "Forms", "Series", "Pathways",
                "Timeline",
                "SignIn", "CZlib", "Pictures",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Resources")]),
        room(
            "Face", "SignIn",
            [
                "FHIR", "SQL", "Access", "Accounts",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        room("Face", "City", resources: [.copy("Resources")]),
        room(
            "Face", "Living",
            [
                "JSON", "Calendar", "FHIR", "FHIRPath", "SQL", "Records", "Series", "Programmes", "Pathways", "Forms",
                "City",
            ],
            resources: [.copy("Resources")]),
        .executableTarget(
            name: "healthbrain",
            dependencies: [
                "JSON", "FHIR", "UCUM", "FHIRPath", "Terminology", "Validation", "HL7v2", "Mapping", "SQL", "Access",
                "Records", "Views", "Highway", "Subscriptions", "Identity", "Persons", "HealthCode", "Accounts",
                "AuditLog", "Export", "Gate", "Calendar", "DailyCounts", "Surveillance", "Syndromes", "Signals",
                "Reporting", "Containment", "Hazards", "Population", "Laboratories", "Timeline", "Edge", "Doors", "API",
                "SignIn",
                "Portal", "City",
                "Living", "Series", "Programmes", "Pathways", "Forms",
                "CZlib",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Face/healthbrain",
            swiftSettings: settings),

        // Tests
        .target(name: "ChildPrograms", path: "Tests/Support/ChildPrograms", swiftSettings: settings),
        tests("Spine", "JSON", ["JSON"]),
        tests("Spine", "Calendar", ["Calendar"]),
        tests("Spine", "FHIR", ["ChildPrograms", "JSON", "FHIR"]),
        tests("Spine", "UCUM", ["UCUM"]),
        tests("Spine", "FHIRPath", ["JSON", "FHIR", "UCUM", "FHIRPath"]),
        tests("Spine", "Terminology", ["JSON", "FHIR", "Terminology"]),
        tests("Spine", "Validation", ["ChildPrograms", "JSON", "FHIR", "FHIRPath", "Terminology", "Validation"]),
        tests("Spine", "HL7v2", ["HL7v2"]),
        tests("Spine", "Mapping", ["JSON", "FHIR", "Terminology", "Validation", "HL7v2", "Mapping"]),
        tests("Spine", "SQL", ["SQL"]),
        tests("Spine", "Access", ["JSON", "FHIR", "FHIRPath", "Validation", "Terminology", "Access"]),
        tests(
            "Spine", "Records",
            ["ChildPrograms", "JSON", "FHIR", "FHIRPath", "Terminology", "SQL", "Access", "AuditLog", "Records"]),
        tests(
            "Spine", "Highway",
            ["JSON", "FHIR", "HL7v2", "Mapping", "SQL", "AuditLog", "Records", "Persons", "Highway"]),
        tests(
            "Spine", "Subscriptions", ["JSON", "FHIR", "SQL", "Access", "AuditLog", "Records", "Subscriptions"]),
        tests("Spine", "Identity", ["ChildPrograms", "Identity"]),
        tests("Spine", "HealthCode", ["Accounts", "HealthCode"]),
        tests("Spine", "Persons", ["JSON", "FHIR", "SQL", "Access", "Records", "Identity", "Persons"]),
        tests("Spine", "Accounts", ["ChildPrograms", "SQL", "Accounts"]),
        tests("Spine", "AuditLog", ["JSON", "FHIR", "Validation", "SQL", "AuditLog"]),
        tests("Spine", "Export", ["JSON", "FHIR", "Validation", "SQL", "Access", "AuditLog", "Records", "Export"]),
        tests("Spine", "Views", ["JSON", "FHIR", "FHIRPath", "SQL", "Records", "Views"]),
        tests("Sense", "Surveillance", ["Calendar", "Surveillance"], exclude: ["Golden"]),
        tests("Sense", "Syndromes", ["Syndromes"]),
        tests(
            "Sense", "Signals",
            ["JSON", "Calendar", "FHIR", "SQL", "Access", "Records", "Syndromes", "Signals"]),
        tests(
            "Sense", "Reporting",
            ["JSON", "Calendar", "FHIR", "Validation", "SQL", "Access", "Records", "Syndromes", "Signals", "Reporting"]),
        tests(
            "Sense", "Containment",
            ["JSON", "Calendar", "FHIR", "Validation", "SQL", "Records", "Syndromes", "Signals", "Containment"]),
        tests(
            "Sense", "Hazards",
            ["JSON", "Calendar", "FHIR", "SQL", "Records", "Syndromes", "Signals", "Containment", "Hazards"]),
        tests(
            "Sense", "Population",
            ["JSON", "Calendar", "FHIR", "SQL", "Records", "Surveillance", "Syndromes", "Signals", "Population"]),
        tests(
            "Sense", "Laboratories",
            ["JSON", "Calendar", "FHIR", "SQL", "Records", "Syndromes", "Laboratories"]),
        tests(
            "Think", "Pathways",
            ["JSON", "Calendar", "FHIR", "FHIRPath", "SQL", "Records", "Series", "Programmes", "Pathways"]),
        tests(
            "Think", "Series", ["JSON", "Calendar", "FHIR", "Series", "Programmes", "Pathways"], exclude: ["Golden"]),
        tests(
            "Think", "Programmes", ["JSON", "FHIR", "FHIRPath", "Validation", "Programmes"], exclude: ["Golden"]),
        tests("Think", "Forms", ["JSON", "FHIR", "FHIRPath", "Validation", "Records", "Forms"]),
        tests("Face", "Edge", ["Edge", .product(name: "HTTPTypes", package: "swift-http-types")]),
        tests(
            "Face", "Doors",
            [
                "ChildPrograms", "HL7v2", "SQL", "Edge", "Doors",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests("Face", "Pictures", ["Pictures"]),
        tests(
            "Face", "API",
            [
                "ChildPrograms", "JSON", "FHIR", "Terminology", "Mapping", "SQL", "Access", "Records", "Views",
                "Programmes",
                "Persons",
                "HealthCode", "Accounts", "AuditLog", "Export", "Highway", "Gate", "Calendar", "Pathways", "Validation",
                "Edge", "API",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        tests(
            "Face", "Portal",
            [
                "JSON", "Calendar", "FHIR", "SQL", "Access", "Records", "Persons", "HealthCode", "Highway", "Mapping",
                "Accounts", "AuditLog", "Gate", "SignIn", "Portal",
                "DailyCounts", "Syndromes", "Signals", "Reporting", "Containment", "Hazards", "Population",
                "Programmes", "Pathways",
                "Timeline",
                "City",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        tests("Face", "City", ["JSON", "FHIR", "City"]),
        tests("Face", "Living", ["JSON", "Calendar", "FHIR", "SQL", "Records", "Programmes", "Pathways", "Living"]),
        tests(
            "Face", "SignIn",
            [
                "FHIR", "SQL", "Access", "Accounts", "SignIn",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
