// The forms of logs in JSON that are known without being told.

extension JSONLog {
    /// In the order in which they are tried.
    static let known: [JSONLog] = [caddy(durations: .seconds), traefik, istio, pino, kong, google, elastic, usual]

    /// How Caddy was told to write durations (Caddy: the encoder's `duration_format`).
    enum CaddyDurations {
        case seconds
        case milliseconds
        case nanoseconds
    }

    /// Caddy (the logger `http.log.access`): its time is the end.
    static func caddy(durations: CaddyDurations) -> JSONLog {
        let unit: Double =
            switch durations {
            case .seconds: 1e9
            case .milliseconds: 1e6
            case .nanoseconds: 1
            }
        return JSONLog(
            name: "Caddy's JSON",
            members: [
                ("logger", .logger), ("request.method", .method), ("request.uri", .target), ("request.host", .host),
                ("request.headers", .headers), ("request.client_ip", .client), ("request.remote_ip", .client),
                ("request.remote_addr", .client), ("ts", .time(isBegin: false)), ("time", .time(isBegin: false)),
                ("timestamp", .time(isBegin: false)), ("duration", .duration(unit: unit)), ("status", .status),
                ("size", .size),
            ])
    }

    /// Traefik: durations in nanoseconds.
    private static let traefik = JSONLog(
        name: "Traefik's JSON",
        members: [
            ("RequestMethod", .method), ("RequestPath", .target), ("RequestHost", .host), ("RequestAddr", .host),
            ("StartUTC", .time(isBegin: true)), ("StartLocal", .time(isBegin: true)), ("time", .time(isBegin: false)),
            ("Duration", .duration(unit: 1)), ("DownstreamStatus", .status), ("OriginStatus", .status),
            ("DownstreamContentSize", .size), ("ClientHost", .client), ("ClientAddr", .client),
            ("request_Referer", .referer), ("request_User-Agent", .agent),
        ])

    /// Envoy as Istio sets it up: durations in milliseconds.
    private static let istio = JSONLog(
        name: "Envoy's JSON", needs: ["response_code", "path"],
        members: [
            ("response_code", .status), ("start_time", .time(isBegin: true)), ("method", .method), ("path", .target),
            ("x-envoy-original-path", .target), ("authority", .host), ("duration", .duration(unit: 1e6)),
            ("bytes_sent", .size), ("user_agent", .agent), ("downstream_remote_address", .client),
        ])

    /// pino-http, of Node.js.
    private static let pino = JSONLog(
        name: "pino's JSON",
        members: [
            ("req.method", .method), ("req.url", .target), ("req.headers", .headers), ("req.headers.host", .host),
            ("req.remoteAddress", .client), ("res.statusCode", .status), ("time", .time(isBegin: false)),
            ("responseTime", .duration(unit: 1e6)),
        ])

    /// Kong: its log plugins write milliseconds.
    private static let kong = JSONLog(
        name: "Kong's JSON",
        members: [
            ("request.method", .method), ("request.uri", .target), ("request.headers", .headers),
            ("request.headers.host", .host), ("started_at", .time(isBegin: true)), ("response.status", .status),
            ("response.size", .size), ("latencies.request", .duration(unit: 1e6)), ("client_ip", .client),
        ])

    /// Google Cloud's load balancers and Cloud Run.
    private static let google = JSONLog(
        name: "Google Cloud's JSON",
        members: [
            ("httpRequest.requestMethod", .method), ("httpRequest.requestUrl", .target),
            ("httpRequest.status", .status), ("httpRequest.responseSize", .size), ("httpRequest.userAgent", .agent),
            ("httpRequest.referer", .referer), ("httpRequest.latency", .duration(unit: nil)),
            ("httpRequest.remoteIp", .client), ("timestamp", .time(isBegin: true)),
        ])

    /// Elastic's common schema.
    private static let elastic = JSONLog(
        name: "JSON in Elastic's common schema",
        members: [
            ("http.request.method", .method), ("url.original", .target), ("url.path", .target), ("url.query", .query),
            ("url.domain", .host), ("http.response.status_code", .status), ("http.response.body.bytes", .size),
            ("event.duration", .duration(unit: 1)), ("event.start", .time(isBegin: true)),
            ("@timestamp", .time(isBegin: false)), ("user_agent.original", .agent),
            ("http.request.referrer", .referer), ("client.ip", .client), ("source.ip", .client),
        ])

    /// What people call things who write nginx' log, or their own, as JSON.
    private static let usual = JSONLog(
        name: "JSON with the usual names",
        members: [
            ("request", .request), ("request_line", .request), ("request_method", .method), ("method", .method),
            ("http_method", .method), ("verb", .method), ("request_uri", .target), ("uri", .target),
            ("request_path", .target), ("path", .target), ("url", .target), ("request_url", .target),
            ("args", .query), ("query_string", .query), ("query", .query), ("http_host", .host), ("host", .host),
            ("server_name", .host), ("vhost", .host), ("status", .status), ("status_code", .status),
            ("response_status", .status), ("statusCode", .status), ("response_code", .status), ("code", .status),
            ("msec", .time(isBegin: false)), ("time_iso8601", .time(isBegin: false)),
            ("@timestamp", .time(isBegin: false)), ("timestamp", .time(isBegin: false)),
            ("time_local", .time(isBegin: false)), ("time", .time(isBegin: false)), ("ts", .time(isBegin: false)),
            ("datetime", .time(isBegin: false)), ("date", .time(isBegin: false)),
            ("request_time", .duration(unit: 1e9)), ("request_time_ms", .duration(unit: 1e6)),
            ("duration_ms", .duration(unit: 1e6)), ("response_time_ms", .duration(unit: 1e6)),
            ("latency_ms", .duration(unit: 1e6)), ("elapsed_ms", .duration(unit: 1e6)),
            ("took_ms", .duration(unit: 1e6)), ("duration_us", .duration(unit: 1e3)),
            ("duration_ns", .duration(unit: 1)), ("duration_s", .duration(unit: 1e9)),
            // Without a unit in the name, only a text that has one counts.
            ("duration", .duration(unit: nil)), ("latency", .duration(unit: nil)), ("elapsed", .duration(unit: nil)),
            ("response_time", .duration(unit: nil)), ("upstream_response_time", .duration(unit: 1e9)),
            ("body_bytes_sent", .size), ("bytes_sent", .size), ("size", .size), ("bytes", .size),
            ("response_size", .size), ("http_referer", .referer), ("http_referrer", .referer),
            ("referer", .referer), ("referrer", .referer), ("http_user_agent", .agent), ("user_agent", .agent),
            ("userAgent", .agent), ("agent", .agent), ("remote_addr", .client), ("client_ip", .client),
            ("remote_ip", .client), ("client", .client), ("ip", .client),
        ])
}
