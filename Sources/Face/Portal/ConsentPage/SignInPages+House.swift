import Calendar
import Foundation
public import SignIn

extension SignInPages {
    /// The pages of the sign-in of programs as the others look, without script: each is a step on another site's way.
    ///
    /// - Parameters:
    ///   - demo: whether the pages say that the city is a simulated one.
    ///   - isSecure: whether people reach the server by TLS.
    /// - Throws: ``PortalError`` when a file of the portal is missing or cannot be read.
    public static func house(demo: Bool, isSecure: Bool) throws(PortalError) -> SignInPages {
        let frame = try StepFrame(isDemo: demo, isSecure: isSecure)
        return SignInPages(
            consent: { view in
                frame.page("consent", isChinese: view.isChinese, cookies: view.cookies, path: "/auth/authorize") {
                    words in
                    let shown = ConsentPageView(view, words: words)
                    return (shown, shown.title)
                }
            },
            fault: { view in
                frame.page("sign-in-fault", isChinese: view.isChinese, cookies: view.cookies) { words in
                    (SignInFaultView(reason: view.reason), words["consentFaultTitle"])
                }
            },
            onward: { view in
                frame.page("onward", isChinese: view.isChinese, cookies: view.cookies) { words in
                    (OnwardPageView(address: view.address), words["onwardTitle"])
                }
            })
    }

    /// Whether somebody has chosen Chinese on the pages; nil when no language was chosen.
    ///
    /// - Parameter cookies: the header `Cookie`.
    public static func readsChinese(cookies: String?, isSecure: Bool) -> Bool? {
        Preferences.keptLanguage(cookieHeader: cookies, isSecure: isSecure).map { $0 == .zh }
    }
}

/// What pages need that belong to no portal's visit.
private struct StepFrame: Sendable {
    let catalogue: TextCatalogue
    let templates: Templates
    let assets: StaticAssets
    let isDemo: Bool
    let isSecure: Bool

    init(isDemo: Bool, isSecure: Bool) throws(PortalError) {
        catalogue = try TextCatalogue()
        templates = try Templates()
        assets = try StaticAssets(chartsDirectory: nil)
        self.isDemo = isDemo
        self.isSecure = isSecure
    }

    func page(
        _ template: String, isChinese: Bool, cookies: String?, path: String = "/",
        _ make: (Words) -> (view: Any, title: String)
    ) -> String {
        var preferences = Preferences(cookieHeader: cookies, isSecure: isSecure)
        preferences.language = isChinese ? .zh : .en
        let words = Words(catalogue, preferences.language)
        let (view, title) = make(words)
        let shell = Shell(
            title: title, place: .none, words: words, preferences: preferences, assets: assets, path: path, query: [],
            isDemo: isDemo, now: Int64(Date().timeIntervalSince1970 * 1_000), isGuarded: true, isStep: true)
        return templates.render(template, words: words, shell: shell, page: view)
    }
}

/// What asks whether a program may act, as its template reads it.
struct ConsentPageView {
    struct Role {
        let place: Int
        let text: String
        let isChosen: Bool
    }

    struct Patient {
        let id: String
        let name: String
        let detail: String
        let isChosen: Bool
    }

    struct Question {
        let place: Int
        let scope: String
        let words: String
        let isChosen: Bool
    }

    let title: String
    let person: String
    let goes: String
    let request: String
    let form: String
    let problem: String?
    let roles: [Role]
    let choosesRole: Bool
    let role: Int
    let needsPatient: Bool
    let maySearch: Bool
    let search: String
    let patients: [Patient]
    let hasPatients: Bool
    let questions: [Question]

    init(_ view: ConsentView, words: Words) {
        title = words.text("consentTitle", ["name": view.client])
        person = words.text("consentPerson", ["name": view.person])
        goes = words.text("consentGoes", ["host": view.host])
        request = view.request
        form = view.form
        problem = view.notice == .patientMissing ? words["consentPatientMissing"] : nil
        roles = view.roles.enumerated().map { Role(place: $0, text: $1, isChosen: $0 == view.role) }
        choosesRole = roles.count > 1
        role = view.role
        needsPatient = view.needsPatient
        maySearch = view.maySearch
        search = view.search
        patients = view.patients.map {
            Patient(id: $0.id, name: $0.name, detail: $0.detail, isChosen: $0.id == view.patient)
        }
        hasPatients = !patients.isEmpty
        questions = view.questions.enumerated().map {
            Question(place: $0, scope: $1.scope, words: $1.words, isChosen: $1.isChosen)
        }
    }
}

/// What says that a program's sign-in can't go on.
struct SignInFaultView {
    /// English, for the program's makers.
    let reason: String
}

/// What leads on by itself.
struct OnwardPageView {
    let address: String
}
