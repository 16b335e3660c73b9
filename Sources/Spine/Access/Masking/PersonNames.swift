/// Names of persons as a display may show them: 张*, 张*三, 欧阳*, and only initials of names in other scripts.
enum PersonNames {
    /// Chinese family names of two characters that are in use.
    static let compoundSurnames: Set<String> = [
        "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "长孙", "宇文", "司徒", "轩辕", "令狐",
        "钟离", "闾丘", "南宫", "夏侯", "独孤", "西门", "公冶", "申屠", "百里", "呼延", "端木", "万俟", "赫连", "澹台",
        "宗政", "濮阳", "太叔", "单于", "仲孙", "鲜于", "司空", "亓官", "司寇", "子车", "颛孙", "巫马", "公西", "漆雕",
        "乐正", "壤驷", "公良", "拓跋", "夹谷", "谷梁", "段干", "东郭", "梁丘", "左丘", "东门", "南门", "第五",
    ]

    /// A whole name.
    static func masked(_ name: String) -> String {
        let dots: Set<Character> = ["·", "•", "・", "‧", "．"]
        let parts = name.split(whereSeparator: dots.contains)
        if parts.count > 1, let first = parts.first?.first, let last = parts.last?.last {
            // A name of a minority: the first and the last character stay.
            return "\(first)**·***\(last)"
        }
        let letters = name.filter { !$0.isWhitespace }
        guard letters.allSatisfy(isHan) else { return initials(name) }
        let family = compoundSurnames.contains(String(letters.prefix(2))) && letters.count > 2 ? 2 : 1
        return String(letters.prefix(family)) + maskedGiven(String(letters.dropFirst(family)))
    }

    /// A family name on its own.
    static func maskedFamily(_ family: String) -> String {
        let letters = family.filter { !$0.isWhitespace }
        if letters.allSatisfy(isHan), letters.count <= 2 { return letters }
        return letters.allSatisfy(isHan) ? String(letters.prefix(1)) + "**" : initials(family)
    }

    /// A given name on its own: the last character stays when there are several.
    static func maskedGiven(_ given: String) -> String {
        let letters = given.filter { !$0.isWhitespace }
        guard letters.allSatisfy(isHan) else { return initials(given) }
        guard letters.count > 1, let last = letters.last else { return "*" }
        return String(repeating: "*", count: letters.count - 1) + String(last)
    }

    private static func initials(_ name: String) -> String {
        let words = name.split(whereSeparator: \.isWhitespace)
        return words.isEmpty ? "*" : words.map { "\($0.prefix(1))***" }.joined(separator: " ")
    }

    static func isHan(_ character: Character) -> Bool {
        character == "〇" || character.unicodeScalars.allSatisfy(\.properties.isIdeographic)
    }
}
