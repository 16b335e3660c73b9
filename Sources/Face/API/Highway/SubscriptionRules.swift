import FHIR
import Gate
import JSON
import Records
import Subscriptions

/// Subscription: <https://hl7.org/fhir/R4/subscription.html>. What the server could not do is refused when it is asked for,
/// naming the element.
extension FHIRService {
    /// - Parameter body: a resource, or a Bundle of them.
    func checkSubscriptions(in body: JSONDocument, _ call: Call) throws {
        guard let subscriptions else { return }
        let document = body.root
        var found: [(place: String, resource: JSONNode)] = []
        switch document["resourceType"]?.string {
        case "Subscription": found = [("", document)]
        case "Bundle":
            for (place, entry) in (document["entry"]?.elements.map { $0 } ?? []).enumerated() {
                guard let resource = entry["resource"], resource["resourceType"]?.equals("Subscription") == true else {
                    continue
                }
                found.append(("Bundle.entry[\(place)].resource.ofType(Subscription)", resource))
            }
        default: return
        }
        let issues = found.flatMap { place, resource in
            subscriptions.faults(of: resource, asker: call.visitor?.askingProgram).map { issue in
                var issue = issue
                if !place.isEmpty {
                    issue.expression = issue.expression.map { place + $0.dropFirst("Subscription".count) }
                }
                return issue
            }
        }
        guard issues.isEmpty else { throw RecordsError(.unprocessable, issues: issues) }
    }

    /// The same for what a patch makes of a Subscription; nil for other types, and where the server sends to nobody.
    func subscriptionCheck(of type: String, _ call: Call) -> ResourceCheck? {
        guard type == "Subscription", let subscriptions else { return nil }
        let asker = call.visitor?.askingProgram
        return { document throws(RecordsError) in
            let issues = subscriptions.faults(of: document.root, asker: asker)
            guard issues.isEmpty else { throw RecordsError(.unprocessable, issues: issues) }
        }
    }
}

extension Visitor {
    /// The id of the program that asks for itself; nil for people and for the house's own programs.
    fileprivate var askingProgram: String? {
        guard case .program(let client, _) = caller, client != HouseToken.client else { return nil }
        return client
    }
}
