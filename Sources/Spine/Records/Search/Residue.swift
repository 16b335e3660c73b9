/// What must be looked up in documents, since index rows can't tell.
struct Residue {
    enum Test {
        case any([Condition])
        case none([Condition])
    }

    var parameter: IndexedParameter
    var test: Test
}
