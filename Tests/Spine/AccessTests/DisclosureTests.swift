import Access
import Testing

@Suite("k-anonymity and small cells")
struct DisclosureTests {
    @Test(
        "tables become k-anonymous with the least loss, and say how exposed they were",
        arguments: 0..<10 as Range<UInt64>)
    func kAnonymity(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let districts = ["330106", "330108", "330206"].compactMap { Division($0) }
        let rows = (0..<300).map { _ in
            [
                KAnonymity.ageLadder(random.below(100)), KAnonymity.placeLadder(random.pick(districts)),
                KAnonymity.plainLadder(random.pick(["male", "female"])),
            ]
        }
        let result = KAnonymity(k: 5, suppressionMax: 0.05).anonymised(rows)
        let kept = result.rows.compactMap { $0 }
        var sizes: [[String]: Int] = [:]
        for row in kept { sizes[row, default: 0] += 1 }
        #expect(sizes.values.allSatisfy { $0 >= 5 })
        #expect(result.k == sizes.values.min())
        #expect(result.suppressed == rows.count - kept.count && result.suppressed <= 15)
        #expect(
            result.discernibility == sizes.values.reduce(0) { $0 + $1 * $1 } + result.suppressed * rows.count)
        #expect(result.before.highest == 1 && result.after.highest == 1 / Double(result.k))
        #expect(result.after.average < result.before.average)
        for (row, out) in zip(rows, result.rows) {
            guard let out else { continue }
            #expect(out == zip(row, result.levels).map { $0[$1] })
        }
    }

    @Test("the example computed by hand")
    func example() {
        // Two women of one band in one district, two men of another, one who is alone.
        let rows = [
            [["31", "30-34"], ["f"]], [["33", "30-34"], ["f"]], [["41", "40-44"], ["m"]], [["44", "40-44"], ["m"]],
            [["80", "80-84"], ["m"]],
        ]
        let result = KAnonymity(k: 2, suppressionMax: 0.2).anonymised(rows)
        #expect(result.levels == [1, 0])
        #expect(result.suppressed == 1)
        // 2² + 2² for the two classes, and 5 for the one left out.
        #expect(result.discernibility == 13)
        #expect(result.before == KAnonymity.Risk(k: 1, classes: 5, highest: 1, average: 1, unique: 1))
        #expect(result.after == KAnonymity.Risk(k: 2, classes: 2, highest: 0.5, average: 0.5, unique: 0))
    }

    @Test("what cannot be made k-anonymous is left out")
    func impossible() {
        let result = KAnonymity(k: 5).anonymised([[["a", "*"]], [["b", "*"]]])
        #expect(result.suppressed == 2 && result.k == 0)
        #expect(KAnonymity().anonymised([]).rows.isEmpty)
    }

    @Test("ladders have the same steps for every age", arguments: 0..<120)
    func ladders(age: Int) {
        #expect(KAnonymity.ageLadder(age).count == 5)
        #expect(age < 90 || KAnonymity.ageLadder(age)[0] == "90+")
    }

    @Test("a single count is hidden from 1 to 4", arguments: [(0, 0), (1, nil), (4, nil), (5, 5), (100, 100)])
    func single(count: Int, shown: Int?) {
        #expect(SmallCells().shown(count) == shown)
    }

    @Test("one small cell takes others with it")
    func complementary() {
        let table = SmallCells().hidden(in: [[3, 20, 30], [40, 50, 60], [70, 80, 90]])
        #expect(table.cells == [[nil, nil, 30], [nil, nil, 60], [70, 80, 90]])
        #expect(table.rowSums == [53, 150, 240] && table.small == 1 && table.complementary == 3)
    }

    /// Hidden counts that follow from what is shown: by all tables of small numbers with the same shown counts.
    @Test("no hidden count follows from what is shown", arguments: 0..<60 as Range<UInt64>)
    func protection(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rows = 2 + random.below(2)
        let columns = 2 + random.below(2)
        let counts = (0..<rows).map { _ in (0..<columns).map { _ in random.pick([1, 2, 3, 5, 6, 7, 8]) } }
        let table = SmallCells().hidden(in: counts)
        for row in 0..<rows {
            for column in 0..<columns where table.cells[row][column] == nil {
                #expect(canDiffer(counts, table, row, column), "\(counts) as \(table.cells)")
            }
            for column in 0..<columns where counts[row][column] < 5 { #expect(table.cells[row][column] == nil) }
        }
    }

    /// Whether some other table with the same shown counts has another value there; found by moving along hidden cells.
    private func canDiffer(_ counts: [[Int]], _ table: SmallCells.Table, _ row: Int, _ column: Int) -> Bool {
        for change in [1, -1, 2, -2] {
            var moved = counts
            moved[row][column] += change
            if moved[row][column] >= 0, repair(&moved, table, from: 0, fixed: (row, column)) { return true }
        }
        return false
    }

    private func repair(
        _ counts: inout [[Int]], _ table: SmallCells.Table, from place: Int, fixed: (Int, Int)
    ) -> Bool {
        let columns = counts[0].count
        if place == counts.count * columns { return agrees(counts, table) }
        let (row, column) = (place / columns, place % columns)
        if table.cells[row][column] != nil || (row, column) == fixed {
            return repair(&counts, table, from: place + 1, fixed: fixed)
        }
        let before = counts[row][column]
        for change in [0, 1, -1, 2, -2] where before + change >= 0 {
            counts[row][column] = before + change
            if repair(&counts, table, from: place + 1, fixed: fixed) { return true }
        }
        counts[row][column] = before
        return false
    }

    private func agrees(_ counts: [[Int]], _ table: SmallCells.Table) -> Bool {
        for (row, shown) in table.rowSums.enumerated() where shown != nil {
            if counts[row].reduce(0, +) != shown { return false }
        }
        for (column, shown) in table.columnSums.enumerated() where shown != nil {
            if counts.reduce(0, { $0 + $1[column] }) != shown { return false }
        }
        let sum = counts.reduce(0) { $0 + $1.reduce(0, +) }
        return table.sum == nil || table.sum == sum
    }
}
