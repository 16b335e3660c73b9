/// The id of a resource: a UUID of version 8 (RFC 9562) made from the seed and the resource's path in the city.
///
/// The first half says whose record it is, the second half numbers the resources of that record, so two runs with
/// the same options name every resource alike and no two resources of a run share a name.
struct ResourceID: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    /// - Parameter owner: the key of a person or an institution; see `CityModel.key(of:)`.
    /// - Parameter serial: 0 for the owner itself, then one number for each resource of the owner's record.
    init(owner: UInt64, serial: Int) {
        high = (owner & 0xFFFF_FFFF_FFFF_0FFF) | 0x8000
        let tail = scrambled(scrambled(owner) &+ UInt64(truncatingIfNeeded: serial))
        low = (tail & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    }
}
