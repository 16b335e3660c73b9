import HTTPTypes
import Pictures

/// A chart of a page as a picture of its own, for a report or a message: title, legend, drawing, and when it was made.
struct ChartPicture {
    /// What stands in the legend.
    enum Mark { case thick, second, band }

    let title: String
    let legend: [(mark: Mark, text: String)]
    /// The drawing of the page, an SVG element.
    let chart: String
    let width: Double
    let height: Double
    /// What stands below, such as when it was made.
    let foot: String

    /// Pixels to a unit of the drawing: sharp in print.
    private static let scale = 2.0
    private static let margin = 24.0

    /// The picture as PNG.
    func png() throws(PictureError) -> [UInt8] {
        let (width, height) = size
        return try Picture.png(svg, width: Int(width * Self.scale), height: Int(height * Self.scale))
    }

    /// Its height as a part of its width.
    var shape: Double { size.1 / size.0 }

    private var size: (Double, Double) {
        (width + 2 * Self.margin, height + (legend.isEmpty ? 88 : 116))
    }

    /// The picture as a document that needs no style sheet.
    var svg: String {
        let (whole, tall) = size
        let margin = SVG.coordinate(Self.margin)
        var svg =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(SVG.coordinate(whole)) \(SVG.coordinate(tall))\">"
            + "<style>\(Self.style)</style>"
            + "<text class=\"title\" x=\"\(margin)\" y=\"36\">\(SVG.escaped(title))</text>"
        var x = Self.margin
        for entry in legend {
            let (left, right) = (SVG.coordinate(x), SVG.coordinate(x + 28))
            let key =
                switch entry.mark {
                case .thick: "<path class=\"thick\" d=\"M\(left) 61H\(right)\"/>"
                case .second: "<path class=\"second\" d=\"M\(left) 61H\(right)\"/>"
                case .band: "<path class=\"band\" d=\"M\(left) 55H\(right)V67H\(left)Z\"/>"
                }
            svg += key + "<text x=\"\(SVG.coordinate(x + 34))\" y=\"65\">\(SVG.escaped(entry.text))</text>"
            // Letters of Latin are about half as wide as those of Chinese.
            x += 58 + entry.text.unicodeScalars.reduce(0) { $0 + ($1.value < 0x2E80 ? 6.6 : 12) }
        }
        let top = legend.isEmpty ? 52.0 : 80.0
        let place = "<svg x=\"\(margin)\" y=\"\(SVG.coordinate(top))\" width=\"\(SVG.coordinate(width))\" "
        svg += place + "height=\"\(SVG.coordinate(height))\"" + chart.dropFirst("<svg".count)
        return svg + "<text x=\"\(margin)\" y=\"\(SVG.coordinate(tall - 14))\">\(SVG.escaped(foot))</text></svg>"
    }

    /// The light colours of portal.css; paper is white.
    private static let style = """
        text { font-family: "Noto Sans CJK SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif; font-size: 12px; \
        fill: #5F6B6B }
        .title { font-size: 17px; font-weight: bold; fill: #1B2B2B }
        .grid { stroke: #D9DED8; stroke-width: 1 } .axis { stroke: #5F6B6B; stroke-width: 1 }
        .thick { fill: none; stroke: #1F6F5C; stroke-width: 2; stroke-linejoin: round }
        .second { fill: none; stroke: #2B6C9E; stroke-width: 2; stroke-dasharray: 5 4 }
        .band { fill: #E3EEE7 } .dot { fill: #1F6F5C } .dot-out { fill: #B3402E }
        .map path { stroke: #FFFFFF; stroke-width: 1 } .map .chosen { stroke: #1B2B2B; stroke-width: 2 }
        .map text { fill: #1B2B2B; font-size: 11px; text-anchor: middle }
        .fill-0 { fill: #F0F1EC } .fill-1 { fill: #D3E6DD } .fill-2 { fill: #A5CDBD } .fill-3 { fill: #6DAE98 }
        .fill-4 { fill: #3C8A74 } .fill-5 { fill: #1F6F5C }
        """
}

extension Portal.Page {
    /// A picture as a file.
    static func picture(_ picture: ChartPicture, named name: String) throws -> Portal.Page {
        var page = Portal.Page(html: "", status: .ok, fileName: name)
        page.file = ("image/png", try picture.png())
        return page
    }
}
