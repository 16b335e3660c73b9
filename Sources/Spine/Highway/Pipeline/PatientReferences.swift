import JSON

/// References to Patients by id, `Patient/…`, as the bytes of resources hold them.
enum PatientReferences {
    private static let start = Array("\"Patient/".utf8)

    static func ids(in parts: [Part]) -> Set<String> {
        var ids: Set<String> = []
        for part in parts {
            guard let text = part.document?.text else { continue }
            collect(text, into: &ids)
        }
        return ids
    }

    private static func collect(_ text: [UInt8], into ids: inout Set<String>) {
        let first = start[0]
        var at = 0
        while let quote = text[at...].firstIndex(of: first) {
            at = quote + 1
            guard text.count - quote > start.count, text[quote + 1] == start[1], text[quote...].starts(with: start)
            else { continue }
            let begin = quote + start.count
            guard let end = text[begin...].firstIndex(of: first) else { return }
            at = end + 1
            if end > begin { ids.insert(String(decoding: text[begin..<end], as: UTF8.self)) }
        }
    }
}
