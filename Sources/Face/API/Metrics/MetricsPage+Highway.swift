import Highway

extension MetricsPage {
    /// The highway's flow and lags.
    func flow(_ highway: Highway, _ page: inout PrometheusText) {
        if let senders = try? highway.senders() {
            page.family("healthbrain_highway_deliveries", .gauge, "Deliveries by sender and state.")
            for sender in senders {
                for name in ["waiting", "taken", "done", "dead", "duplicate", "refused"] {
                    page.sample(
                        "healthbrain_highway_deliveries", [("sender", sender.name), ("state", name)],
                        sender.count(name))
                }
            }
        }
        let lag = highway.lag
        let name = "healthbrain_highway_lag_seconds"
        page.family(name, .gauge, "Percentiles of the time from event and receipt to the record, and from there on.")
        for sender in lag.senders {
            percentiles(name, [("sender", sender.name), ("from", "event"), ("to", "record")], sender.fromEvent, &page)
            percentiles(
                name, [("sender", sender.name), ("from", "receipt"), ("to", "record")], sender.fromReceipt, &page)
        }
        for projection in lag.projections {
            percentiles(name, [("from", "record"), ("to", projection.name)], projection.fromRecord, &page)
            percentiles(name, [("from", "event"), ("to", projection.name)], projection.fromEvent, &page)
        }
    }

    private func percentiles(
        _ name: String, _ labels: [(String, String)], _ lag: LagHistogram, _ page: inout PrometheusText
    ) {
        for (_, share) in HighwayText.shares {
            if let value = lag.percentile(share) {
                page.sample(name, labels + [("quantile", "\(share)")], Double(value) / 1000)
            }
        }
    }
}
