/// A document of headings, paragraphs and tables as a Word file: the least of Office Open XML (ISO/IEC 29500) that word processors
/// open.
struct WordDocument {
    /// The MIME type.
    static let contentType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    private var body = ""
    private var pictures: [[UInt8]] = []
    private let language: String
    private let title: String
    /// Twentieths of a point between the margins.
    private static let textWidth = 9_638

    /// - Parameters:
    ///   - title: what the file is called in its properties.
    ///   - language: as in HTML: `zh-CN`, `en`.
    init(title: String, language: String) {
        self.title = title
        self.language = language
    }

    /// Adds a heading.
    /// - Parameter level: 1 to 3.
    mutating func heading(_ text: String, level: Int) { paragraph(text, style: "Heading\(min(max(level, 1), 3))") }

    /// Adds a paragraph; line breaks stay.
    mutating func paragraph(_ text: String, style: String? = nil) {
        body += Self.paragraph(text, style: style)
    }

    /// Adds a table; the first row is repeated on each page. Columns are as wide as their texts ask; numbers stand to the right.
    mutating func table(_ head: [String], _ rows: [[String]]) {
        let columns = head.indices.map { column in rows.compactMap { column < $0.count ? $0[column] : nil } }
        let wanted = zip(head, columns).map { head, cells in
            min(max((cells + [head]).map(Self.width).max() ?? 0, 8), 48)
        }
        let widths = wanted.map { $0 * Self.textWidth / max(wanted.reduce(0, +), 1) }
        let areNumbers = columns.map { !$0.isEmpty && $0.allSatisfy(Self.isNumber) }
        body += "<w:tbl><w:tblPr><w:tblStyle w:val=\"Grid\"/><w:tblW w:w=\"5000\" w:type=\"pct\"/></w:tblPr><w:tblGrid>"
        body += widths.map { "<w:gridCol w:w=\"\($0)\"/>" }.joined() + "</w:tblGrid>"
        for (index, row) in ([head] + rows).enumerated() {
            body += "<w:tr><w:trPr><w:cantSplit/>" + (index == 0 ? "<w:tblHeader/>" : "") + "</w:trPr>"
            for (column, cell) in row.enumerated() where column < widths.count {
                let style =
                    index == 0 ? (areNumbers[column] ? "HeadNumber" : "Head") : areNumbers[column] ? "Number" : nil
                body += "<w:tc><w:tcPr><w:tcW w:w=\"\(widths[column])\" w:type=\"dxa\"/></w:tcPr>"
                body += Self.paragraph(cell, style: style) + "</w:tc>"
            }
            body += "</w:tr>"
        }
        body += "</w:tbl>" + Self.paragraph("", style: nil)
    }

    /// How wide a text is, in letters; a Chinese character takes two.
    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ($1.value < 0x2E80 ? 1 : 2) }
    }

    /// A number as the pages write it, or the dash in place of one.
    private static func isNumber(_ text: String) -> Bool {
        text == "—" || Double(text.filter { $0 != "," && $0 != "\u{2009}" && $0 != " " }) != nil
    }

    /// Adds a picture across the page.
    /// - Parameters:
    ///   - png: the file.
    ///   - shape: its height as a part of its width.
    ///   - name: what it shows, for who can't see it.
    mutating func picture(_ png: [UInt8], shape: Double, name: String) {
        pictures.append(png)
        // 914,400 units are an inch; 170 mm between the margins.
        let (wide, high) = (6_120_000, Int(6_120_000 * shape))
        let main = "http://schemas.openxmlformats.org/drawingml/2006/main"
        let kind = "http://schemas.openxmlformats.org/drawingml/2006/picture"
        let number = pictures.count
        body += "<w:p><w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\">"
        body += "<wp:extent cx=\"\(wide)\" cy=\"\(high)\"/>"
        body += "<wp:docPr id=\"\(number)\" name=\"Picture \(number)\" descr=\"\(SVG.escaped(name))\"/>"
        body += "<a:graphic xmlns:a=\"\(main)\"><a:graphicData uri=\"\(kind)\"><pic:pic xmlns:pic=\"\(kind)\">"
        body += "<pic:nvPicPr><pic:cNvPr id=\"\(number)\" name=\"image\(number).png\"/><pic:cNvPicPr/></pic:nvPicPr>"
        body +=
            "<pic:blipFill><a:blip r:embed=\"picture\(number)\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
        body += "<pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"\(wide)\" cy=\"\(high)\"/></a:xfrm>"
        body += "<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>"
        body += "</wp:inline></w:drawing></w:r></w:p>"
    }

    private static func paragraph(_ text: String, style: String?) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            "<w:t xml:space=\"preserve\">\(escaped(line))</w:t>"
        }
        let properties = style.map { "<w:pPr><w:pStyle w:val=\"\($0)\"/></w:pPr>" } ?? ""
        return "<w:p>\(properties)<w:r>\(lines.joined(separator: "<w:br/>"))</w:r></w:p>"
    }

    /// Text of XML; what XML 1.0 has no character for goes.
    private static func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\t": result += "\t"
            case _ where character.value < 0x20 || character.value == 0xFFFE || character.value == 0xFFFF: continue
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// The file.
    var file: [UInt8] {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
        let word = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
        let type = "application/vnd.openxmlformats-officedocument.wordprocessingml"
        let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        var archive = ZipArchive()
        func add(_ name: String, _ text: String) { archive.add(name, Array((head + text).utf8)) }
        add(
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
                + "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
                + "<Default Extension=\"png\" ContentType=\"image/png\"/>"
                + "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
                + "<Override PartName=\"/docProps/core.xml\" "
                + "ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>"
                + "<Override PartName=\"/word/document.xml\" ContentType=\"\(type).document.main+xml\"/>"
                + "<Override PartName=\"/word/styles.xml\" ContentType=\"\(type).styles+xml\"/></Types>")
        add(
            "_rels/.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
                + "<Relationship Id=\"rId1\" Type=\"\(relation)/officeDocument\" Target=\"word/document.xml\"/>"
                + "<Relationship Id=\"rId2\" "
                + "Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" "
                + "Target=\"docProps/core.xml\"/></Relationships>"
        )
        add(
            "docProps/core.xml",
            "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" "
                + "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>\(Self.escaped(title))</dc:title>"
                + "<dc:language>\(language)</dc:language></cp:coreProperties>")
        add(
            "word/_rels/document.xml.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
                + "<Relationship Id=\"rId1\" Type=\"\(relation)/styles\" Target=\"styles.xml\"/>"
                + pictures.indices.map {
                    "<Relationship Id=\"picture\($0 + 1)\" Type=\"\(relation)/image\" Target=\"media/image\($0 + 1).png\"/>"
                }.joined() + "</Relationships>")
        for (index, picture) in pictures.enumerated() { archive.add("word/media/image\(index + 1).png", picture) }
        add("word/styles.xml", "<w:styles \(word)>\(styles)</w:styles>")
        add(
            "word/document.xml",
            "<w:document \(word) xmlns:r=\"\(relation)\" "
                + "xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\"><w:body>\(body)<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/>"
                + "<w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"567\" "
                + "w:footer=\"567\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>")
        return archive.file
    }

    private var styles: String {
        func style(
            _ id: String, _ name: String, size: Int, isBold: Bool, before: Int, level: Int?, isRight: Bool = false
        ) -> String {
            "<w:style w:type=\"paragraph\" w:styleId=\"\(id)\"><w:name w:val=\"\(name)\"/><w:basedOn w:val=\"Normal\"/>"
                + "<w:pPr>\(level == nil ? "" : "<w:keepNext/>")<w:spacing w:before=\"\(before)\" w:after=\"\(isBold ? 80 : 0)\"/>"
                + (isRight ? "<w:jc w:val=\"right\"/>" : "")
                + (level.map { "<w:outlineLvl w:val=\"\($0)\"/>" } ?? "") + "</w:pPr>"
                + "<w:rPr>\(isBold ? "<w:b/>" : "")<w:sz w:val=\"\(size)\"/></w:rPr></w:style>"
        }
        let edges = ["top", "left", "bottom", "right", "insideH", "insideV"].map {
            "<w:\($0) w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"808080\"/>"
        }
        return "<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" "
            + "w:eastAsia=\"Microsoft YaHei\"/><w:sz w:val=\"22\"/><w:lang w:val=\"en-GB\" w:eastAsia=\"\(language)\"/>"
            + "</w:rPr></w:rPrDefault></w:docDefaults>"
            + "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style>"
            + style("Heading1", "heading 1", size: 34, isBold: true, before: 0, level: 0)
            + style("Heading2", "heading 2", size: 27, isBold: true, before: 280, level: 1)
            + style("Heading3", "heading 3", size: 23, isBold: true, before: 160, level: 2)
            + style("Head", "Table Head", size: 20, isBold: true, before: 0, level: nil)
            + style("HeadNumber", "Table Head Number", size: 20, isBold: true, before: 0, level: nil, isRight: true)
            + style("Number", "Table Number", size: 22, isBold: false, before: 0, level: nil, isRight: true)
            + "<w:style w:type=\"table\" w:styleId=\"Grid\"><w:name w:val=\"Table Grid\"/><w:tblPr><w:tblBorders>"
            + edges.joined() + "</w:tblBorders><w:tblCellMar><w:left w:w=\"85\" w:type=\"dxa\"/>"
            + "<w:right w:w=\"85\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr></w:style>"
    }
}
