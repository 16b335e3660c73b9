/// Bounds that a document must keep to be parsed.
public struct JSONLimits: Sendable, Hashable {
    /// Longest accepted text in bytes. Never more than `UInt32.max`, whatever is asked for.
    public var bytesMax: Int
    /// Deepest accepted nesting of arrays and objects; a scalar alone has depth zero.
    public var depthMax: Int

    /// - Parameters:
    ///   - bytesMax: longest accepted text in bytes; 64 MiB unless said otherwise.
    ///   - depthMax: deepest accepted nesting; 200 unless said otherwise.
    public init(bytesMax: Int = 64 << 20, depthMax: Int = 200) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
    }
}
