import Edge
import Highway
import Records

/// `/metrics`: the door's counters, the store's state and the process, in Prometheus's text.
struct MetricsPage {
    let metrics: Metrics
    let store: RecordStore
    let edge: EdgeOptions
    /// Nil where nothing is taken from institutions.
    let highway: Highway?
    /// When the process began to serve, in seconds since 1970.
    let startSeconds: Double

    func text() -> String {
        var page = PrometheusText()
        requests(&page)
        connections(&page)
        records(&page)
        if let highway { flow(highway, &page) }
        process(&page)
        return page.text
    }

    private func requests(_ page: inout PrometheusText) {
        let snapshot = metrics.snapshot()
        let name = "healthbrain_http_request_duration_seconds"
        page.family(name, .histogram, "Time from the head of a request to its answer.")
        for (series, histogram) in snapshot.requests {
            page.histogram(
                name, [("interaction", series.interaction.code), ("status", "\(series.statusClass)xx")], histogram)
        }
        page.family("healthbrain_http_requests_in_flight", .gauge, "Requests being answered.")
        page.sample("healthbrain_http_requests_in_flight", snapshot.inFlight)
        page.family("healthbrain_write_duration_seconds", .histogram, "Time that the records took for a write.")
        page.histogram("healthbrain_write_duration_seconds", [], snapshot.writes)
    }

    private func connections(_ page: inout PrometheusText) {
        page.family("healthbrain_connections", .gauge, "Connections that are open.")
        page.sample("healthbrain_connections", edge.counters.open)
        page.family("healthbrain_edge_refused_total", .counter, "What was turned away at the edge, by reason.")
        for (reason, count) in edge.counters.refused {
            page.sample("healthbrain_edge_refused_total", [("reason", reason.rawValue)], count)
        }
        guard let tls = edge.tls else { return }
        page.family("healthbrain_tls_certificate_expiry_seconds", .gauge, "End of the certificate since 1970.")
        page.sample("healthbrain_tls_certificate_expiry_seconds", tls.expirySeconds)
    }

    private func records(_ page: inout PrometheusText) {
        let status = try? store.status()
        page.family("healthbrain_store_up", .gauge, "1 when the store answers.")
        page.sample("healthbrain_store_up", status == nil ? 0 : 1)
        guard let status else { return }
        page.family("healthbrain_database_bytes", .gauge, "Size of the database on disk.")
        page.sample("healthbrain_database_bytes", status.databaseBytes)
        page.family("healthbrain_feed_sequence", .gauge, "Number of the newest change in the feed.")
        page.sample("healthbrain_feed_sequence", status.sequence)
        page.family("healthbrain_resources", .gauge, "Resources that exist now, by type.")
        for (type, count) in status.resourceCounts.sorted(by: { $0.key < $1.key }) {
            page.sample("healthbrain_resources", [("type", type)], count)
        }
        page.family("healthbrain_projection_sequence", .gauge, "Number of the last change a projection has taken in.")
        for state in status.projections {
            page.sample("healthbrain_projection_sequence", [("projection", state.name)], state.sequence)
        }
        page.family("healthbrain_projection_lag_seconds", .gauge, "Age of the oldest change not taken in yet.")
        for state in status.projections {
            page.sample("healthbrain_projection_lag_seconds", [("projection", state.name)], state.lagSeconds)
        }
        page.family("healthbrain_projection_lag_changes", .gauge, "Changes not taken in yet.")
        for state in status.projections {
            page.sample(
                "healthbrain_projection_lag_changes", [("projection", state.name)], state.head - state.sequence)
        }
        page.family("healthbrain_projection_failures", .gauge, "Failures in a row of a projection.")
        for state in status.projections {
            page.sample("healthbrain_projection_failures", [("projection", state.name)], state.failures)
        }
        parameters(status.parameters, &page)
        if let ratio = status.labelledRatio {
            page.family(
                "healthbrain_access_labelled_ratio", .gauge,
                "How much is labelled for the rules of access, from 0 to 1.")
            page.sample("healthbrain_access_labelled_ratio", ratio)
        }
    }

    private func parameters(_ states: [AddedParameterState], _ page: inout PrometheusText) {
        guard !states.isEmpty else { return }
        let name = "healthbrain_search_parameter_indexed_ratio"
        page.family(name, .gauge, "How much is indexed by a search parameter that was added, from 0 to 1.")
        for state in states { page.sample(name, [("parameter", state.id), ("code", state.code)], state.indexedRatio) }
    }

    private func process(_ page: inout PrometheusText) {
        let usage = ProcessUsage()
        page.family("process_resident_memory_bytes", .gauge, "Memory in use.")
        page.sample("process_resident_memory_bytes", usage.residentBytes)
        page.family("process_cpu_seconds_total", .counter, "Processor time, user and system.")
        page.sample("process_cpu_seconds_total", usage.cpuSeconds)
        page.family("process_open_fds", .gauge, "Open files and sockets.")
        page.sample("process_open_fds", usage.openFiles)
        page.family("process_start_time_seconds", .gauge, "Start of the server since 1970.")
        page.sample("process_start_time_seconds", startSeconds)
    }
}
