import Containment
import FHIR
import JSON
import Records
import Signals

/// The views that an account has kept: names and addresses.
struct SavedViews {
    struct View {
        let id: String
        let title: String
        let href: String
    }

    /// One account keeps no more than these.
    static let viewsMax = 30

    let views: [View]
    let hasViews: Bool
    /// The address that would be kept; nil where nothing can be.
    let here: String?
    let form: String
}

/// A kept view as a FHIR Basic: the account as identifier, name and address as extensions. The house writes it for the account; no
/// rule of access shows it to anybody.
enum SavedView {
    private static let codeSystem = "https://healthbrain.dev/fhir/CodeSystem/portal"
    private static let accountSystem = "https://healthbrain.dev/fhir/sid/account"
    private static let titleURL = "https://healthbrain.dev/fhir/StructureDefinition/saved-view-title"
    private static let addressURL = "https://healthbrain.dev/fhir/StructureDefinition/saved-view-address"

    /// Stands for the account in a house where nobody signs in.
    private static func owner(_ account: String) -> String { account.isEmpty ? "anybody" : account }

    static func search(_ account: String) -> [(String, String)] {
        [
            ("code", "\(codeSystem)|saved-view"), ("identifier", "\(accountSystem)|\(owner(account))"),
            ("_sort", "_lastUpdated"), ("_count", "\(SavedViews.viewsMax)"),
        ]
    }

    static func read(_ version: Version) throws -> SavedViews.View? {
        let root = try JSONDocument(parsing: version.json()).root
        var (title, href) = ("", "")
        for item in root["extension"].map({ Array($0.elements) }) ?? [] {
            if item["url"]?.equals(titleURL) == true { title = item["valueString"]?.string ?? "" }
            if item["url"]?.equals(addressURL) == true { href = item["valueUri"]?.string ?? "" }
        }
        guard !title.isEmpty, href.hasPrefix("/") else { return nil }
        return SavedViews.View(id: version.key.id, title: title, href: href)
    }

    static func document(_ title: String, _ href: String, account: String) throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Basic")
        writer.key("extension")
        writer.beginArray()
        for (url, name, value) in [(titleURL, "valueString", title), (addressURL, "valueUri", href)] {
            writer.beginObject()
            writer.member("url", string: url)
            writer.member(name, string: value)
            writer.endObject()
        }
        writer.endArray()
        writer.key("identifier")
        writer.beginArray()
        writer.beginObject()
        writer.member("system", string: accountSystem)
        writer.member("value", string: owner(account))
        writer.endObject()
        writer.endArray()
        writer.key("code")
        writer.beginObject()
        writer.key("coding")
        writer.beginArray()
        writer.beginObject()
        writer.member("system", string: codeSystem)
        writer.member("code", string: "saved-view")
        writer.endObject()
        writer.endArray()
        writer.endObject()
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }
}

extension Portal.SignalVisit {
    /// What the account has kept.
    /// - Parameter here: the address that would be kept on this page.
    func savedViews(here: String?, form: String) throws -> SavedViews {
        let found = try desk.store.search(type: "Basic", parameters: SavedView.search(author.account)).entries
            .compactMap { try SavedView.read($0.version) }
        return SavedViews(
            views: found, hasViews: !found.isEmpty, here: found.count < SavedViews.viewsMax ? here : nil, form: form)
    }

    /// Keeps an address under a name; at most so many.
    func keepView(_ title: String, _ href: String) async throws {
        guard try savedViews(here: href, form: "").here != nil else { return }
        _ = try await house().create(type: "Basic", SavedView.document(title, href, account: author.account))
    }

    /// Drops one of the account's own.
    func dropView(_ id: String) async throws {
        guard try savedViews(here: nil, form: "").views.contains(where: { $0.id == id }) else { return }
        _ = try await house().delete(ResourceKey(type: "Basic", id: id))
    }
}
