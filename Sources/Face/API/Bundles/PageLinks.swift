/// The links of a page: the same search again, and the page after it.
struct PageLinks {
    /// The address of this page.
    let this: String
    /// The address of the next page; nil on the last.
    let next: String?

    /// - Parameters:
    ///   - place: the address without a query.
    ///   - parameters: what the server understood, decoded.
    ///   - next: the cursor of the next page.
    init(place: String, parameters: [(String, String)], next: String?) {
        func address(_ parameters: [(String, String)]) -> String {
            parameters.isEmpty ? place : "\(place)?\(Form.encoded(parameters))"
        }
        this = address(parameters)
        self.next = next.map { cursor in
            address(parameters.filter { $0.0 != "_cursor" } + [("_cursor", cursor)])
        }
    }
}
