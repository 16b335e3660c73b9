import Forms
import Foundation
import HTTPTypes
import JSON

/// A file that stands in the answers to a form.
struct FormFile {
    /// Its number among the files of the form, from 0.
    let number: Int
    let value: FormValue

    /// All files of what is asked for, in the order of the form.
    static func all(_ state: FormState) -> [FormFile] {
        var found: [FormFile] = []
        func gather(_ nodes: [FormNode], in container: String) {
            state.form.forEach(nodes, in: container) { name, node in
                guard state.isEnabled(name) else { return }
                gather(node.nodes, in: name)
                for (number, answer) in node.answers.enumerated() {
                    if let value = answer.value, value.kind == .attachment, value.node["data"] != nil {
                        found.append(FormFile(number: found.count, value: value))
                    }
                    gather(answer.nodes, in: "\(name)-\(number)")
                }
            }
        }
        gather(state.nodes, in: "q")
        return found
    }

    /// The file to be kept by the browser, never shown as a page of the house; nil where what stands there is no base64.
    var page: Portal.Page? {
        guard let bytes = value.node["data"]?.string.flatMap({ Data(base64Encoded: $0) }) else { return nil }
        let type = value.node["contentType"]?.string ?? ""
        let name = value.text.filter { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) }
        var page = Portal.Page(html: "", status: .ok)
        page.file = (
            type.wholeMatch(of: /[a-z]+\/[a-z0-9.+-]+/) == nil ? "application/octet-stream" : type, Array(bytes)
        )
        page.fileName = name.contains { $0 != "." } ? name : "file-\(number + 1)"
        return page
    }
}
