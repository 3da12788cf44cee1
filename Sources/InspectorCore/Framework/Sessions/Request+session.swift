// The session of a request, and the messages that are flashed through it.

extension Request {
    /// The client's session (`Flask: session`).
    ///
    /// Opened when it is first asked for. A cookie that is forged, cut or expired gives an empty session, and the trace
    /// says why. What is written is sent with the response, after the after hooks; to write, the app needs
    /// `AppOptions.secretKeys`.
    public var session: Session {
        openSession { signer in
            guard signer.hasKeys, let text = cookie(signer.cookie.name) else {
                return Session(values: [:], isNew: true)
            }
            do { return Session(values: try signer.open(text), isNew: false) } catch {
                mark("session cookie refused", "\(error)")
                return Session(values: [:], isNew: true)
            }
        }
    }

    /// Keeps a message for the next page that shows messages (`Flask: flash`).
    public func flash(_ message: String, category: String = "message") {
        let known = session[Request.flashKey]?.items ?? []
        session[Request.flashKey] = .array(known + [.array([.string(category), .string(message)])])
        noteFlash(message)
    }

    /// Takes the messages that were flashed; asked again within the request, gives the same
    /// (`Flask: get_flashed_messages`).
    public func flashedMessages() -> [(category: String, message: String)] {
        keepFlashes {
            guard let kept = session[Request.flashKey]?.items else { return [] }
            session[Request.flashKey] = nil
            return kept.map { ($0[0]?.string ?? "message", $0[1]?.string ?? "") }
        }
    }

    private static let flashKey = "_flashes"

    /// Puts the session into `response` (`Flask: SecureCookieSessionInterface.save_session`).
    ///
    /// - Throws: when something was written and there is no key to sign it with, or it is too large for a cookie.
    func saveSession(into response: inout Response, signer: SessionSigner) throws {
        let settings = signer.cookie
        let opened = openedSession
        // One that is permanent is signed anew with each response, so that it lives on while it is used
        // (`SESSION_REFRESH_EACH_REQUEST`).
        let isBrought = opened == nil && signer.hasKeys && cookie(settings.name) != nil
        guard let session = isBrought ? self.session : opened else { return }
        if session.isAccessed { response.addVary("Cookie") }
        let isRefreshed = !session.isNew && session.isPermanent
        guard session.isModified || isRefreshed else { return }
        response.addVary("Cookie")
        let values = session.values
        guard !values.isEmpty else {
            if !session.isNew {
                // With the attributes that it was set with: in a frame of another site, browsers ignore a removal
                // that lacks them, and the login would stay.
                try response.deleteCookie(
                    settings.name, path: settings.path, domain: settings.domain, isSecure: settings.isSecure,
                    isHTTPOnly: true, sameSite: settings.sameSite)
            }
            return
        }
        guard let text = signer.sign(values: values) else {
            throw FrameworkError(
                kind: .runtimeError,
                description: "The session was written to, but the app has no secret key. Set options.secretKeys.")
        }
        guard settings.name.utf8.count + text.utf8.count + 1 <= SessionSigner.cookieLimit else {
            throw FrameworkError(
                kind: .runtimeError,
                description: "The session is \(text.utf8.count) bytes as a cookie; browsers drop what is larger than "
                    + "\(SessionSigner.cookieLimit). Keep less in it.")
        }
        var cookie = Cookie(settings.name, text, maxAge: session.isPermanent ? settings.lifetime : nil)
        cookie.path = settings.path
        cookie.domain = settings.domain
        cookie.isSecure = settings.isSecure
        cookie.sameSite = settings.sameSite
        cookie.isHTTPOnly = true
        try response.setCookie(cookie)
    }
}

extension Response {
    /// Adds a name to the `Vary` field, unless it stands there.
    mutating func addVary(_ name: String) {
        let known = headers["Vary"] ?? ""
        let names = known.split(atByte: ",").map(\.trimmed)
        guard !names.contains(where: { Headers.same(left: $0, right: name) || $0 == "*" }) else { return }
        headers["Vary"] = known.isEmpty ? name : known + ", " + name
    }
}
