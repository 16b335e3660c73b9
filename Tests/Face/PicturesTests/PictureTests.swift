import Pictures
import Testing

@Suite("Drawings as pictures")
struct PictureTests {
    private static func square(_ colour: String) -> String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><rect width=\"8\" height=\"8\" fill=\"\(colour)\"/></svg>"
    }

    @Test("a drawing becomes a PNG of the size that was asked for", arguments: [(1, 1), (40, 30), (8_192, 2)])
    func size(width: Int, height: Int) throws {
        let bytes = try Picture.png(Self.square("#1F6F5C"), width: width, height: height)
        #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        func number(at place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        #expect(number(at: 16) == width && number(at: 20) == height)
        #expect(Array(bytes.suffix(8).prefix(4)) == Array("IEND".utf8))
    }

    @Test("what is drawn is in the picture, on white")
    func drawn() throws {
        let green = try Picture.png(Self.square("#1F6F5C"), width: 16, height: 16)
        let nothing = try Picture.png(Self.square("none"), width: 16, height: 16)
        #expect(green != nothing)
        #expect(try nothing == Picture.png(Self.square("#FFFFFF"), width: 16, height: 16))
        #expect(try green == Picture.png(Self.square("#1F6F5C"), width: 16, height: 16))
    }

    @Test("Chinese and English words are drawn", arguments: ["西湖区流行性感冒", "Influenza & others"])
    func words(text: String) throws {
        func picture(_ text: String) throws -> [UInt8] {
            try Picture.png(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 20\"><text y=\"14\">\(text)</text></svg>",
                width: 200, height: 20)
        }
        #expect(try picture(text.replacing("&", with: "&amp;")) != picture(""))
    }

    @Test("what is no drawing is refused", arguments: ["", "nothing", "<svg", "<html/>"])
    func refused(text: String) {
        #expect(throws: PictureError.drawing) { try Picture.png(text, width: 10, height: 10) }
    }

    @Test("so is a size that nobody needs", arguments: [(0, 10), (10, -1), (8_193, 10)])
    func refusedSize(width: Int, height: Int) {
        #expect(throws: PictureError.size(width: width, height: height)) {
            try Picture.png(Self.square("none"), width: width, height: height)
        }
    }
}
