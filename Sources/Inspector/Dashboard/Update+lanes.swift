// Actions on lanes and traffic: modes, workers, what is sent again, the simulated API.

internal import InspectorCore

extension Model {
    /// How a sentence calls the lanes on the screen.
    var laneWords: String {
        lanes.count > 2 ? "all lanes" : isSideBySide ? "both lanes" : "the \(laneName) lane"
    }

    private var laneName: String { lanes.indices.contains(focus) ? lanes[focus].mode.rawValue : "only" }

    mutating func toggleMode() -> [Effect] {
        guard lanes.indices.contains(focus) else { return [] }
        if isSideBySide {
            focus = (focus + 1) % lanes.count
            message = "The \(laneName) lane answers \(url) now. Press s for one lane whose mode you can change."
            return [.setFocus(focus)]
        }
        let mode: ExecutionMode = lanes[focus].mode == .sync ? .async : .sync
        message = "Requests run \(mode.rawValue) from now on; those in flight end as they began."
        return [.setMode(mode)]
    }

    mutating func toggleNative() -> [Effect] {
        guard lanes.indices.contains(focus) else { return [] }
        if isSideBySide {
            let modes = lanes.map(\.mode)
            guard modes.contains(.native) else {
                message = "A native lane is shown too: no worker is held there."
                return [.show(modes + [.native])]
            }
            let rest = modes.filter { $0 != .native }
            guard lanes[focus].mode != .native, rest.count > 0 else {
                message = "The native lane answers the address. m lets another one answer first."
                return []
            }
            message = "The native lane is left out."
            return [.show(rest)]
        }
        let mode: ExecutionMode = lanes[focus].mode == .native ? .async : .native
        message = "Requests run \(mode.rawValue) from now on; those in flight end as they began."
        return [.setMode(mode)]
    }

    mutating func toggleSideBySide() -> [Effect] {
        guard lanes.indices.contains(focus) else { return [] }
        if isSideBySide {
            message = "One lane again."
            return [.show([lanes[focus].mode])]
        }
        let own = lanes[focus].mode
        message = "Sync and async side by side: what you send goes to both. n adds native."
        return [.show([.sync, .async] + (own == .native ? [.native] : []))]
    }

    mutating func changeWorkers(by step: Int) -> [Effect] {
        guard lanes.indices.contains(focus) else { return [] }
        let lane = lanes[focus]
        guard lane.mode != .native else {
            message = "A native lane has no workers: its requests run on the event loops."
            return []
        }
        let wanted = lane.load.workers + step
        guard (1...512).contains(wanted) else {
            message = "A lane has 1 to 512 workers; this one has \(lane.load.workers)."
            return []
        }
        message = "The \(laneName) lane has \(wanted) worker\(wanted == 1 ? "" : "s") now."
        return [.setWorkers(wanted)]
    }

    mutating func toggleMirroring() -> [Effect] {
        mirrorsUnsafe.toggle()
        message =
            mirrorsUnsafe
            ? "Requests that change something go to every lane now, each of which makes the change for itself."
            : "Only requests that change nothing are given to the other lanes now."
        return [.setMirrorsUnsafe(mirrorsUnsafe)]
    }

    mutating func toggleReplay() -> [Effect] {
        if let replay, !replay.isOver {
            message = "The replay was stopped; what is in flight is still answered."
            return [.stopReplay]
        }
        guard let trafficFile else {
            message = "No traffic file is at hand. Start with: inspector replay FILE.har"
            return []
        }
        message = "Replaying \(trafficFile) at its recorded pace. r stops it."
        return [.startReplay]
    }

    mutating func openService() {
        guard service != nil else {
            message = "The app calls a real service (--upstream): only the simulated API can be changed here."
            return
        }
        prompt = .service(ServicePanel())
    }

    mutating func resend() -> [Effect] {
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(url)."
            return []
        }
        message = "#\(current) is sent again to \(laneWords)."
        return [.resend(current)]
    }

    /// Opens the editor on the current request; `exchanges` has to hold it.
    mutating func edit() {
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(url)."
            return
        }
        guard let exchange = exchanges.values.first else {
            message = "What was sent with #\(current) is no longer kept."
            return
        }
        guard exchange.requestBody.isWhole else {
            message =
                "Only the first \(exchange.requestBody.bytes.count) bytes of its body are kept: it cannot be sent so."
            return
        }
        prompt = .editor(RequestEditor(exchange.draft))
    }

    mutating func copy() -> [Effect] {
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(url)."
            return []
        }
        guard let exchange = exchanges.values.first else {
            message = "What was sent with #\(current) is no longer kept."
            return []
        }
        message = "#\(current) is on the clipboard as a curl command, if the terminal lets programs write to it."
        return [.copy(exchange.curl(url))]
    }
}

extension Exchange {
    /// The request as it can be sent again.
    package var draft: RequestDraft {
        RequestDraft(method: method, target: target, headers: sentHeaders, body: requestBody.bytes)
    }

    /// Without what a client adds by itself for its own connection.
    private var sentHeaders: Headers {
        let own = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding"]
        return Headers(requestHeaders.fields.filter { !own.contains($0.name.lowercased()) })
    }

    /// A command for a POSIX shell that sends the request to `url`.
    package func curl(_ url: String) -> String {
        func quoted(_ text: String) -> String {
            "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
        }
        var words = ["curl", "-i"]
        // Else curl would expand brackets, and take dots out of the path.
        if target.contains(where: { "[]{}".contains($0) }) { words.append("--globoff") }
        if target.contains("/.") { words.append("--path-as-is") }
        if method == "HEAD" {
            words.append("--head")
        } else if method != "GET" || !requestBody.bytes.isEmpty {
            words += ["-X", method]
        }
        for field in sentHeaders.fields { words += ["-H", quoted("\(field.name): \(field.value)")] }
        if !requestBody.bytes.isEmpty {
            if let text = String(validating: requestBody.bytes, as: UTF8.self), !text.unicodeScalars.contains("\0") {
                // --data-raw takes an @ at the beginning as it stands.
                words += ["--data-raw", quoted(text)]
            } else {
                // Octal, the one way to write any byte that every POSIX printf knows.
                let bytes = requestBody.bytes.map { byte in
                    let octal = String(byte, radix: 8)
                    return "\\0" + String(repeating: "0", count: 3 - octal.count) + octal
                }
                return "printf '%b' '\(bytes.joined())' | "
                    + (words + ["--data-binary", "@-", quoted(url + target)]).joined(separator: " ")
            }
        }
        return (words + [quoted(url + target)]).joined(separator: " ")
    }
}
