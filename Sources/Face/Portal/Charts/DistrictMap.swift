import JSON

/// District boundaries, read from GeoJSON once and projected onto a drawing.
///
/// For display only: the boundaries are simplified, and no address is decided by them.
struct DistrictMap: Sendable {
    /// A district on the drawing.
    struct District: Sendable {
        /// GB/T 2260 code.
        let code: Int
        /// The Chinese name that came with the boundary.
        let name: String
        /// The outline as an SVG path.
        let path: String
        /// Where its name stands, nil where a name would not fit.
        let labelPlace: (x: Double, y: Double)?
    }

    let districts: [District]
    let width: Double
    let height: Double

    /// Reads a `FeatureCollection` of `Polygon` and `MultiPolygon` features with `properties.code` and `.name`.
    init(geoJSON bytes: [UInt8]) throws(PortalError) {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: bytes)
        } catch {
            throw PortalError.malformedResource(path: "boundaries", reason: "\(error)")
        }
        var outlines: [(code: Int, name: String, rings: [[(Double, Double)]])] = []
        if let features = document.root["features"]?.elements {
            for feature in features {
                let properties = feature["properties"]
                guard let code = (properties?["code"]?.string).flatMap({ Int($0) }) else { continue }
                outlines.append((code, properties?["name"]?.string ?? "\(code)", Self.rings(feature["geometry"])))
            }
        }
        guard let projection = Projection(outlines.flatMap { $0.rings.joined() }) else {
            throw PortalError.malformedResource(path: "boundaries", reason: "no feature has a code and an outline")
        }
        width = projection.width
        height = projection.height
        districts = outlines.map { outline in
            let rings = outline.rings.map { Self.thinned($0.map(projection.point)) }
            return District(
                code: outline.code, name: outline.name, path: rings.map(Self.closedPath).joined(),
                labelPlace: Self.labelPlace(rings.max { $0.count < $1.count } ?? []))
        }
    }

    /// The drawing: each district in one of six steps.
    /// - Parameters:
    ///   - steps: step 0 to 5 by district code.
    ///   - chosen: the district drawn with a strong line.
    ///   - titles: what a pointer that rests on a district reads, by code.
    ///   - labels: the names on the map, by code.
    func svg(
        name: String, steps: [Int: Int], chosen: Int?, titles: [Int: String], labels: [Int: String]
    ) -> String {
        var result = "<svg class=\"chart map\" viewBox=\"0 0 \(SVG.coordinate(width)) \(SVG.coordinate(height))\" "
        result += "role=\"img\" aria-label=\"\(SVG.escaped(name))\">"
        for district in districts.sorted(by: { ($0.code == chosen ? 1 : 0) < ($1.code == chosen ? 1 : 0) }) {
            let title = SVG.escaped(titles[district.code] ?? district.name)
            result += "<path class=\"fill-\(steps[district.code] ?? 0)\(district.code == chosen ? " chosen" : "")\" "
            result += "data-code=\"\(district.code)\" d=\"\(district.path)\"><title>\(title)</title></path>"
        }
        for district in districts {
            guard let place = district.labelPlace else { continue }
            result += "<text x=\"\(SVG.coordinate(place.x))\" y=\"\(SVG.coordinate(place.y))\">"
            result += "\(SVG.escaped(labels[district.code] ?? district.name))</text>"
        }
        return result + "</svg>"
    }

    private static func rings(_ geometry: JSONNode?) -> [[(Double, Double)]] {
        guard let geometry, let coordinates = geometry["coordinates"] else { return [] }
        let polygons = geometry["type"]?.string == "Polygon" ? [coordinates] : Array(coordinates.elements)
        return polygons.flatMap { polygon in
            polygon.elements.map { ring in
                ring.elements.compactMap { point -> (Double, Double)? in
                    guard let longitude = point[0]?.double, let latitude = point[1]?.double else { return nil }
                    return (longitude, latitude)
                }
            }
        }
    }

    /// Equirectangular about the middle latitude: true enough for a city.
    private struct Projection {
        let west: Double
        let north: Double
        let scaleX: Double
        let scaleY: Double
        let width: Double
        let height: Double

        init?(_ points: some Sequence<(Double, Double)>) {
            var west = Double.infinity
            var east = -Double.infinity
            var south = Double.infinity
            var north = -Double.infinity
            for (longitude, latitude) in points {
                west = min(west, longitude)
                east = max(east, longitude)
                south = min(south, latitude)
                north = max(north, latitude)
            }
            guard east > west, north > south else { return nil }
            // cos(middle latitude) by its series: exact to 1e-6 below 60 degrees, and no library is needed.
            let radians = (south + north) / 2 * Double.pi / 180
            let square = radians * radians
            let cosine = 1 - square / 2 + square * square / 24 - square * square * square / 720
            width = 420
            scaleX = (width - 8) / (east - west)
            scaleY = scaleX / cosine
            height = (north - south) * scaleY + 8
            self.west = west
            self.north = north
        }

        func point(_ place: (Double, Double)) -> (x: Double, y: Double) {
            (4 + (place.0 - west) * scaleX, 4 + (north - place.1) * scaleY)
        }
    }

    /// Leaves out points closer than one unit to the last one kept.
    private static func thinned(_ ring: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        var kept: [(x: Double, y: Double)] = []
        for point in ring {
            if let last = kept.last, abs(point.x - last.x) + abs(point.y - last.y) < 1 { continue }
            kept.append(point)
        }
        return kept
    }

    private static func closedPath(_ ring: [(x: Double, y: Double)]) -> String {
        ring.count < 3 ? "" : SVG.path(ring.map { Optional($0) }) + "Z"
    }

    /// The centroid of the largest ring, when its box has room for a name.
    private static func labelPlace(_ ring: [(x: Double, y: Double)]) -> (x: Double, y: Double)? {
        let xs = ring.map(\.x)
        let ys = ring.map(\.y)
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max(),
            right - left > 48, bottom - top > 24
        else { return nil }
        var area = 0.0
        var x = 0.0
        var y = 0.0
        for (current, next) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
            let cross = current.x * next.y - next.x * current.y
            area += cross
            x += (current.x + next.x) * cross
            y += (current.y + next.y) * cross
        }
        guard abs(area) > 1 else { return ((left + right) / 2, (top + bottom) / 2) }
        return (x / (3 * area), y / (3 * area))
    }
}
