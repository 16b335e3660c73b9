import Calendar
import Records

/// Answers that were given on a device without a network, as it sends them: a form's fields, and beside them who they are.
struct OfflineSending {
    /// The name of this sending, made on the device: the same as often as it is sent.
    let id: String
    /// The id that a new response gets.
    let response: String
    /// When it was answered by the device's clock, in milliseconds since 1970 UTC.
    let answered: Int64?

    /// nil where the form was filled on a page of the house.
    init?(_ sent: FormBody) {
        guard let id = sent.given("sending"), let response = sent.given("response"), Self.isName(id),
            Self.isName(response)
        else { return nil }
        self.id = id
        self.response = response
        answered = sent.given("answered").flatMap { Int64($0) }
    }

    /// When it was answered, as far as that can be.
    func answered(now: Int64) -> Int64 {
        let longest = Int64(OfflineRules.answeredDaysMax) * 86_400_000
        guard let answered, answered <= now, now - answered <= longest else { return now }
        return answered
    }

    /// A UUID as browsers make it.
    private static func isName(_ text: String) -> Bool { text.count == 36 && ResourceKey.isID(text) }
}
