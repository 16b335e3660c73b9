/// A field of a form and what to do about it, as the list above the form says it.
struct Problem: Equatable {
    /// The fragment of the field.
    let href: String
    let text: String
}
