/// The rules by which doses are asked for: products, series, what holds a dose up. All of it is data of a programme; nothing here
/// knows a vaccine.
public struct DoseBook: Sendable, Hashable {
    /// A code of a product, as records carry it.
    public struct Code: Sendable, Hashable {
        /// The code system.
        public let system: String
        /// The code.
        public let code: String

        /// A code.
        public init(system: String, code: String) {
            self.system = system
            self.code = code
        }
    }

    /// How a live product is given; two injected ones keep a distance.
    public enum Live: String, Sendable, CaseIterable {
        /// By injection.
        case injected
        /// By mouth.
        case oral
    }

    /// What is given.
    public struct Product: Sendable, Hashable {
        /// Its name in the book.
        public var id: String
        /// What people call it.
        public var title: DoseWords
        /// The codes by which records name it; the first is written.
        public var codes: [Code]
        /// What records call it that have no code of it; the titles are known besides.
        public var names: [String]
        /// What it has in it: series count components, so that a combination counts in each.
        public var components: Set<String>
        /// How it is given when it is live; nil: inactivated.
        public var live: Live?
        /// Its own least age, where the label's counts instead of the series'.
        public var minimumAge: DoseSpan?
        /// Its own least interval, where the label's counts instead of the series'.
        public var minimumInterval: DoseSpan?
        /// The id of the source.
        public var source: String

        /// A product.
        public init(
            id: String, title: DoseWords, codes: [Code], names: [String] = [], components: Set<String>,
            live: Live? = nil,
            minimumAge: DoseSpan? = nil, minimumInterval: DoseSpan? = nil, source: String = ""
        ) {
            self.id = id
            self.title = title
            self.codes = codes
            self.names = names
            self.components = components
            self.live = live
            self.minimumAge = minimumAge
            self.minimumInterval = minimumInterval
            self.source = source
        }
    }

    /// Something about the person that rules ask for: an illness, a test, a mother's infection. Its expression is the programme's.
    public struct State: Sendable, Hashable {
        /// Its name in the book.
        public var id: String
        /// What people call it.
        public var title: DoseWords
        /// FHIRPath over the record: `true`, days, or resources, whose day it holds from.
        public var expression: String
        /// The id of the source.
        public var source: String

        /// A state.
        public init(id: String, title: DoseWords, expression: String, source: String = "") {
            self.id = id
            self.title = title
            self.expression = expression
            self.source = source
        }
    }

    /// What keeps products from being given while a state holds.
    public struct Bar: Sendable, Hashable {
        /// Its name in the book.
        public var id: String
        /// Why, for people.
        public var title: DoseWords
        /// The state.
        public var state: String
        /// The components that it bars.
        public var components: Set<String>
        /// The live products that it bars, by how they are given.
        public var live: Set<Live>
        /// Components that it does not bar though they are live.
        public var except: Set<String>
        /// Whether it bars what has a component of the product that the state's resource names by its code.
        public var named: Bool
        /// How long from the state's day; nil: as long as the state holds.
        public var wait: DoseSpan?
        /// Whether the state's day is the first on which it may be given again.
        public var isUntil: Bool
        /// Whether it is expected to end, and so puts off, where there is no ``wait``.
        public var isTemporary: Bool
        /// The id of the source.
        public var source: String

        /// A bar.
        public init(
            id: String, title: DoseWords, state: String, components: Set<String> = [], live: Set<Live> = [],
            except: Set<String> = [], named: Bool = false, wait: DoseSpan? = nil, isUntil: Bool = false,
            isTemporary: Bool = false,
            source: String = ""
        ) {
            self.id = id
            self.title = title
            self.state = state
            self.components = components
            self.live = live
            self.except = except
            self.named = named
            self.wait = wait
            self.isUntil = isUntil
            self.isTemporary = isTemporary
            self.source = source
        }
    }

    /// The products.
    public var products: [Product]
    /// The series, in the order in which they are told.
    public var series: [DoseSeries]
    /// The states.
    public var states: [State]
    /// The bars.
    public var bars: [Bar]
    /// The least distance between two injected live products that aren't given on one day; nil: none.
    public var liveDistance: DoseSpan?
    /// The id of the distance's source.
    public var liveSource: String
    /// Differs where the rules do; who reads them sets it.
    public var fingerprint = ""

    /// A book.
    public init(
        products: [Product] = [], series: [DoseSeries] = [], states: [State] = [], bars: [Bar] = [],
        liveDistance: DoseSpan? = nil, liveSource: String = ""
    ) {
        self.products = products
        self.series = series
        self.states = states
        self.bars = bars
        self.liveDistance = liveDistance
        self.liveSource = liveSource
    }

    /// The series with an id.
    public func series(_ id: String) -> DoseSeries? { series.first { $0.id == id } }
    /// The product with an id.
    public func product(_ id: String) -> Product? { products.first { $0.id == id } }
    /// The product that a record names: by the first of its codes that is known, else by what it calls it.
    public func product(_ codes: [Code], named names: [String] = []) -> Product? {
        for code in codes {
            if let product = products.first(where: { $0.codes.contains(code) }) { return product }
        }
        for name in names {
            let plain = Self.plain(name)
            guard !plain.isEmpty else { continue }
            let found = products.first { product in
                [product.title.zh, product.title.en].contains { Self.plain($0) == plain }
                    || product.names.contains { Self.plain($0) == plain }
            }
            if let found { return found }
        }
        return nil
    }

    /// A name without blanks, without what stands in brackets (a maker's cells, a volume), in small letters.
    private static func plain(_ name: String) -> String {
        var depth = 0
        var plain = ""
        for character in name.lowercased() {
            switch character {
            case "(", "（", "[", "【": depth += 1
            case ")", "）", "]", "】": depth = max(0, depth - 1)
            default: if depth == 0, !character.isWhitespace { plain.append(character) }
            }
        }
        return plain
    }
}
