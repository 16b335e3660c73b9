/// Steps of a map's colour: 0 for none, then five steps of equal width up to the highest number.
struct MapScale {
    let highest: Int

    init(_ values: [Int]) { highest = values.max() ?? 0 }

    /// The step of a number, 0 to 5.
    func step(_ value: Int) -> Int {
        guard value > 0, highest > 0 else { return 0 }
        return min(5, (value * 5 + highest - 1) / highest)
    }

    /// What each step stands for, lowest first; steps that no number can fall into are left out.
    var ranges: [(step: Int, low: Int, high: Int)] {
        var result = [(step: 0, low: 0, high: 0)]
        for step in 1...5 {
            let low = highest * (step - 1) / 5 + 1
            let high = highest * step / 5
            if low <= high { result.append((step, low, high)) }
        }
        return result
    }
}
