import JSON

extension JSONWriter {
    /// A reference as a member.
    mutating func reference(_ name: String, _ reference: String, display: String? = nil) {
        key(name)
        beginObject()
        member("reference", string: reference)
        if let display { member("display", string: display) }
        endObject()
    }

    /// A member that is an array of one object.
    mutating func single(_ name: String, _ write: (inout JSONWriter) -> Void) {
        key(name)
        beginArray()
        beginObject()
        write(&self)
        endObject()
        endArray()
    }

    /// A member that is an array of one reference.
    mutating func references(_ name: String, _ reference: String, display: String? = nil) {
        single(name) { writer in
            writer.member("reference", string: reference)
            if let display { writer.member("display", string: display) }
        }
    }
}
