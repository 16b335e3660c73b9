import Foundation
import Testing

@Suite("Colour tokens")
struct ColourTests {
    /// The tokens of the first or the dark block of the styles.
    private func tokens(dark: Bool) throws -> [String: String] {
        let styles = try PortalSources.text("Resources/static/portal.css")
        let darkStart = try #require(styles.range(of: "prefers-color-scheme: dark"))
        let part = dark ? styles[darkStart.lowerBound...].prefix(1200) : styles[..<darkStart.lowerBound]
        var result: [String: String] = [:]
        for match in part.matches(of: /--([\w-]+): (#[0-9A-Fa-f]{6});/) {
            result[String(match.output.1)] = String(match.output.2)
        }
        return result
    }

    /// Relative luminance by WCAG 2.2.
    private func luminance(_ colour: String) throws -> Double {
        let number = try #require(Int(colour.dropFirst(), radix: 16))
        let channels = [number >> 16, number >> 8 & 255, number & 255].map { byte -> Double in
            let value = Double(byte) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    }

    private func contrast(_ first: String, _ second: String) throws -> Double {
        let pair = try [luminance(first), luminance(second)].sorted()
        return (pair[1] + 0.05) / (pair[0] + 0.05)
    }

    @Test("of text are at least 4.5 to 1 on paper, on surface and on a band", arguments: [false, true])
    func text(dark: Bool) throws {
        let tokens = try tokens(dark: dark)
        for ink in ["ink", "brand", "accent", "good", "watch", "act", "neutral"] {
            for ground in ["paper", "surface"] {
                let ratio = try contrast(try #require(tokens[ink]), try #require(tokens[ground]))
                #expect(ratio >= 4.5, "\(ink) on \(ground): \(ratio)")
            }
        }
        #expect(try contrast(try #require(tokens["ink"]), try #require(tokens["band"])) >= 4.5)
        #expect(try contrast(try #require(tokens["on-brand"]), try #require(tokens["brand"])) >= 4.5)
    }

    @Test("are those of the design")
    func design() throws {
        let tokens = try tokens(dark: false)
        let design = [
            "ink": "#1B2B2B", "paper": "#FBFAF6", "line": "#D9DED8", "brand": "#1F6F5C", "accent": "#2B6C9E",
            "good": "#2E7D4F", "watch": "#96600F", "act": "#B3402E", "neutral": "#5F6B6B",
        ]
        for (name, colour) in design { #expect(tokens[name] == colour, "\(name)") }
    }
}
