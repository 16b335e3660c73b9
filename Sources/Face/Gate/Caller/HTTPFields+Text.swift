import HTTPTypes

extension HTTPFields {
    /// The same as `self[name]`; not put together anew where the field is there once, as it mostly is.
    func text(of name: HTTPField.Name) -> String? {
        var found: String?
        for field in self where field.name == name {
            if found != nil { return self[name] }
            found = field.value
        }
        return found
    }
}
