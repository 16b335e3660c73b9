extension FHIRPathTemporal {
    /// Less, equal or greater, where that is certain.
    enum Order {
        case less, equal, greater, unknown
    }

    /// The nanoseconds from 1970-01-01T00:00:00 in the value's own zone to the first moment that the value can mean.
    private var start: Int128 {
        let seconds = (isTimeOfDay ? 0 : daysSince1970 * 86_400) + Int(hour) * 3600 + Int(minute) * 60 + Int(second)
        return Int128(seconds) * 1_000_000_000 + Int128(nanoseconds)
    }

    /// The same to the first moment after all that the value can mean; of a second, with or without fraction, its start.
    private var end: Int128 {
        switch precision {
        case .second: return start
        case .minute: return start + 60_000_000_000
        case .hour: return start + 3_600_000_000_000
        case .day: return start + 86_400_000_000_000
        case .month: return start + Int128(Self.days(inMonth: Int(month), year: Int(year))) * 86_400_000_000_000
        case .year: return start + Int128(Self.days(inMonth: 2, year: Int(year)) + 337) * 86_400_000_000_000
        }
    }

    /// Ordered as the moments are, among values of one zone and one precision.
    private var ordered: (UInt64, Int32) {
        let date = UInt64(UInt16(year)) << 40 | UInt64(month) << 32 | UInt64(day) << 24
        return (date | UInt64(hour) << 16 | UInt64(minute) << 8 | UInt64(second), nanoseconds)
    }

    /// Compares as FHIRPath does: where the values are known to different precisions, or only one has a zone, and they
    /// could be the same, the order is unknown. A value without a zone can lie in any, from -12:00 to +14:00.
    func compared(to other: FHIRPathTemporal) -> Order {
        guard isTimeOfDay == other.isTimeOfDay else { return .unknown }
        if precision == other.precision, hasOffset == other.hasOffset, offsetMinutes == other.offsetMinutes {
            let (one, two) = (ordered, other.ordered)
            return one < two ? .less : one == two ? .equal : .greater
        }
        var (one, two) = ((start, end), (other.start, other.end))
        let minute: Int128 = 60_000_000_000
        let (oneZone, twoZone) = (hasOffset && precision > .day, other.hasOffset && other.precision > .day)
        if oneZone, twoZone {
            one = (one.0 - Int128(offsetMinutes) * minute, one.1 - Int128(offsetMinutes) * minute)
            two = (two.0 - Int128(other.offsetMinutes) * minute, two.1 - Int128(other.offsetMinutes) * minute)
        } else if oneZone {
            one = (one.0 - Int128(offsetMinutes) * minute, one.1 - Int128(offsetMinutes) * minute)
            two = (two.0 - 840 * minute, two.1 + 720 * minute)
        } else if twoZone {
            two = (two.0 - Int128(other.offsetMinutes) * minute, two.1 - Int128(other.offsetMinutes) * minute)
            one = (one.0 - 840 * minute, one.1 + 720 * minute)
        }
        if precision == other.precision, oneZone == twoZone {
            return one.0 < two.0 ? .less : one.0 == two.0 ? .equal : .greater
        }
        // A second is a point: it stays before what starts with it only when it is less.
        if one.1 < two.0 || one.1 == two.0 && one.0 < one.1 { return .less }
        if two.1 < one.0 || two.1 == one.0 && two.0 < two.1 { return .greater }
        return .unknown
    }
}
