/// One export as its owner sees it, and as it lies in its folder.
public struct ExportJob: Sendable, Codable {
    /// Who may ask about it.
    public struct Owner: Sendable, Codable, Hashable {
        /// The account, or the program by itself.
        public let account: String
        /// The program by which the account asked; empty for pages.
        public let client: String

        /// - Parameters:
        ///   - account: the account, or the program by itself.
        ///   - client: the program by which the account asked.
        public init(account: String, client: String) {
            self.account = account
            self.client = client
        }
    }

    /// How far it is.
    public enum State: String, Sendable, Codable {
        /// Not begun.
        case waiting
        /// Under way.
        case running
        /// Done; the files are there.
        case complete
        /// Given up; there are no files.
        case failed

        /// Whether nothing more happens.
        public var isOver: Bool { self == .complete || self == .failed }
    }

    /// One file of lines.
    public struct File: Sendable, Codable, Hashable {
        /// Its name in the folder.
        public let name: String
        /// The resource type of its lines; nil for a report.
        public let type: String?
        /// How many lines it has.
        public let count: Int
        /// How long it is.
        public let bytes: Int
    }

    /// A name that can't be guessed.
    public let id: String
    /// Who may ask about it; nil in an open house.
    public let owner: Owner?
    /// The address that asked for it.
    public let address: String
    /// Why, a code of v3-ActReason.
    public let purpose: String
    /// The approval of a copy for research.
    public let approval: String?
    /// The resource types.
    public let types: [String]
    /// When it was asked for, in milliseconds since 1970 UTC.
    public let accepted: Int64
    /// How far it is.
    public internal(set) var state = State.waiting
    /// The same in words.
    public internal(set) var progress = "waiting"
    /// As of when its resources are, in milliseconds since 1970 UTC.
    public internal(set) var moment: Int64?
    /// What it wrote.
    public internal(set) var files: [File] = []
    /// Why it was given up.
    public internal(set) var fault: String?
    /// When it is removed, in milliseconds since 1970 UTC.
    public internal(set) var expires: Int64
}
