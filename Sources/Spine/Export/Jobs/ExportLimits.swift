/// The bounds of exports. All are ours.
public struct ExportLimits: Sendable {
    /// How long the files of an export are kept once it is done, in seconds.
    public var keptSeconds: Int64 = 24 * 3_600
    /// How many exports one owner may have that are not done.
    public var openPerOwnerMax = 2
    /// How many exports may wait or be under way together.
    public var openMax = 32
    /// How many lines a file has at most.
    public var fileLinesMax = 50_000
    /// How large an export may become, in bytes.
    public var jobBytesMax = 256 << 30
    /// How long a running export rests after each page of resources, as a multiple of the time that the page took.
    public var rest = 1.0

    /// The defaults.
    public init() {}
}
