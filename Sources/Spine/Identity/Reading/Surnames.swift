/// What is particular to Chinese surnames (姓).
enum Surnames {
    /// Compound surnames (复姓) in use, of two characters.
    static let compound: Set<UInt64> = Set(
        """
        欧阳 上官 司马 诸葛 皇甫 尉迟 公孙 慕容 司徒 司空 夏侯 东方 赫连 澹台 公冶 宗政 濮阳 淳于 单于 太叔 申屠 仲孙 轩辕 令狐 \
        钟离 宇文 长孙 鲜于 闾丘 东郭 南宫 西门 百里 呼延 端木 独孤 拓跋 第五 左丘 公羊 谷梁 万俟 闻人 亓官 司寇 颛孙 巫马 漆雕 乐正 \
        壤驷 公良 夹谷 宰父 段干 东门 南门 羊舌 微生 梁丘 公西 叱干 纳兰 完颜 耶律 欧侯
        """.split(separator: " ").map { pair in key(pair.unicodeScalars.map(\.value)) })

    /// Readings that a character has only as a surname.
    static let readings: [(Unicode.Scalar, String)] = [
        ("曾", "zeng"), ("单", "shan"), ("解", "xie"), ("仇", "qiu"), ("查", "zha"), ("区", "ou"), ("盖", "ge"),
        ("覃", "qin"), ("翟", "zhai"), ("朴", "piao"), ("乐", "yue"), ("冼", "xian"), ("缪", "miao"), ("宓", "mi"),
        ("逄", "pang"), ("郗", "xi"), ("麴", "qu"), ("佴", "nai"), ("晁", "chao"), ("隗", "wei"),
    ]

    /// How many of the characters are the surname; names of three characters or fewer that begin with no compound
    /// surname have one.
    static func length(_ characters: [UInt32]) -> Int {
        characters.count >= 3 && compound.contains(key(Array(characters.prefix(2)))) ? 2 : 1
    }

    private static func key(_ two: [UInt32]) -> UInt64 {
        two.count == 2 ? UInt64(two[0]) << 32 | UInt64(two[1]) : 0
    }
}
