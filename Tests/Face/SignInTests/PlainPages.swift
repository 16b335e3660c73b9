import SignIn

extension SignInPages {
    /// Pages without style and script.
    static let plain = SignInPages(
        consent: PlainPages.consent, fault: PlainPages.fault, onward: PlainPages.onward)
}

/// HTML by hand. Everything that comes from outside goes through ``escaped(_:)``.
private enum PlainPages {
    static func consent(_ view: ConsentView) -> String {
        let zh = view.isChinese
        let title = zh ? "是否授权“\(view.client)”？" : "May “\(view.client)” act for you?"
        var body = """
            <h1>\(escaped(title))</h1>
            <p>\(escaped(zh ? "您已登录为 \(view.person)。回答将发往 \(view.host)。" : "You are signed in as \(view.person). The answer goes to \(view.host)."))</p>
            <form method="post" action="/auth/authorize/decision">
            <input type="hidden" name="request" value="\(escaped(view.request))">
            <input type="hidden" name="form" value="\(escaped(view.form))">

            """
        if view.notice == .patientMissing {
            body += "<p role=\"alert\">\(zh ? "请先选择一位居民。" : "Choose a patient first.")</p>\n"
        }
        body += roles(view) + patients(view) + questions(view)
        body += """
            <p><button name="decision" value="allow">\(zh ? "同意" : "Allow")</button>
            <button name="decision" value="deny">\(zh ? "拒绝" : "Deny")</button></p>
            </form>

            """
        return page(title, body, isChinese: zh)
    }

    private static func roles(_ view: ConsentView) -> String {
        guard view.roles.count > 1 else { return "<input type=\"hidden\" name=\"role\" value=\"\(view.role)\">\n" }
        let options = view.roles.enumerated().map { place, role in
            "<option value=\"\(place)\"\(place == view.role ? " selected" : "")>\(escaped(role))</option>"
        }
        return """
            <p><label>\(view.isChinese ? "以何种身份" : "In which role") <select name="role">\(options.joined())</select></label>
            <button name="decision" value="again">\(view.isChinese ? "更换身份" : "Change role")</button></p>

            """
    }

    private static func patients(_ view: ConsentView) -> String {
        guard view.needsPatient else { return "" }
        let zh = view.isChinese
        var text = "<fieldset><legend>\(zh ? "查看谁的档案" : "Whose record")</legend>\n"
        if view.maySearch {
            text += """
                <p><label>\(zh ? "姓名或编号" : "Name or number") <input name="search" value="\(escaped(view.search))"></label>
                <button name="decision" value="again">\(zh ? "查找" : "Search")</button></p>

                """
        }
        if view.patients.isEmpty { text += "<p>\(zh ? "没有找到可以选择的居民。" : "There is nobody to choose.")</p>\n" }
        for patient in view.patients {
            let mark = patient.id == view.patient ? " checked" : ""
            text += """
                <p><label><input type="radio" name="patient" value="\(escaped(patient.id))"\(mark)> \
                \(escaped(patient.name)) \(escaped(patient.detail))</label></p>

                """
        }
        return text + "</fieldset>\n"
    }

    private static func questions(_ view: ConsentView) -> String {
        var text = "<fieldset><legend>\(view.isChinese ? "允许该程序" : "The program may")</legend>\n"
        for question in view.questions {
            text += """
                <p><label><input type="checkbox" name="scope" value="\(escaped(question.scope))"\
                \(question.isChosen ? " checked" : "")> \(escaped(question.words)) \
                <small>\(escaped(question.scope))</small></label></p>

                """
        }
        return text + "</fieldset>\n"
    }

    static func fault(_ view: FaultView) -> String {
        let title = view.isChinese ? "无法继续登录" : "The sign-in can't go on"
        return page(
            title,
            """
            <h1>\(title)</h1>
            <p>\(view.isChinese ? "请返回原来的程序重新开始；如仍失败，请把下面这句话告诉该程序的提供者。" : "Go back to the program and start again. If it fails again, tell its makers:")</p>
            <p lang="en">\(escaped(view.reason))</p>

            """, isChinese: view.isChinese)
    }

    static func onward(_ view: OnwardView) -> String {
        let title = view.isChinese ? "请稍候" : "One moment"
        let address = escaped(view.address)
        return page(
            title, "<p><a href=\"\(address)\">\(view.isChinese ? "继续" : "Continue")</a></p>\n",
            head: "<meta http-equiv=\"refresh\" content=\"0;url=\(address)\">\n", isChinese: view.isChinese)
    }

    private static func page(_ title: String, _ body: String, head: String = "", isChinese: Bool) -> String {
        """
        <!doctype html>
        <html lang="\(isChinese ? "zh-CN" : "en")">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        \(head)<title>\(escaped(title))</title>
        </head>
        <body><main>
        \(body)</main></body>
        </html>

        """
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
