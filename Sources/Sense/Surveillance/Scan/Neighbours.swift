/// The areas around each area, nearest first, itself the very first; areas at one distance in their order.
func neighbours(_ places: [(x: Double, y: Double)]) -> [[Int]] {
    places.indices.map { center in
        let distances = places.map { place in
            let (dx, dy) = (place.x - places[center].x, place.y - places[center].y)
            return (dx * dx + dy * dy).squareRoot()
        }
        return places.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
    }
}
