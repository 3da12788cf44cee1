// What may not stand in a file that is handed around: passwords, tokens, cookies. The one door for all of them: whatever
// leaves the process (recordings, HAR, traces, reports, pictures of the screen, copied commands) goes through here.

/// Takes secrets out.
///
/// What cannot be read to its end is taken out whole, and says so: `REDACTED (19 bytes that could not be read)`. What is
/// a secret is in `RedactionRules` and in docs/redaction.md. May be used from any thread.
package struct Redaction: Sendable {
    /// What stands in a secret's place.
    package static let mark = "REDACTED"
    static let markBytes = Array(mark.utf8)

    /// With the default rules.
    package static let standard = Redaction()

    package let isOn: Bool
    let finder: SecretFinder

    /// - Parameter names: names that are secrets beside those of the rules: `x-tenant`, also as `xTenant`, `x_tenant`,
    ///   and as a part of a longer name.
    package init(isOn: Bool = true, names: [String] = []) {
        self.isOn = isOn
        finder = SecretFinder(names: SecretNames(more: names))
    }

    /// Whether a name given by the user can be found in a name at all.
    package static func isName(_ text: String) -> Bool { !SecretNames.words(of: text).isEmpty }

    /// Whether the value under that name is a secret: of a header, a field, a member of JSON.
    package func isSecret(_ name: String) -> Bool { isOn && finder.names.isSecret(name) }

    /// A text of any kind (a target, an address, a label, the details of an error, a line of a log) without its secrets.
    package func text(text: String) -> String {
        guard isOn else { return text }
        return replaced(text: text) { finder.find(in: $0) }
    }

    /// Headers without the values of those that are secrets, and without what is one in the others.
    package func headers(headers: Headers) -> Headers {
        guard isOn else { return headers }
        return Headers(
            headers.fields.map { field in
                // A value that is empty tells nothing, and that it was empty may matter.
                if field.value.isEmpty { return field }
                if finder.names.isSecret(field.name) { return Headers.Field(field.name, Redaction.mark) }
                return Headers.Field(
                    field.name, replaced(text: field.value) { finder.find(inHeader: field.name, bytes: $0) })
            })
    }

    /// A text with the mark in the place of what `find` finds in it.
    private func replaced(text: String, find: (UnsafeBufferPointer<UInt8>) -> [Range<Int>]) -> String {
        var text = text
        let found = text.withUTF8(find)
        guard !found.isEmpty else { return text }
        return String(decoding: SecretFinder.replaced(bytes: Array(text.utf8), ranges: found), as: UTF8.self)
    }

    // MARK: What was taken out whole

    /// What stands in the place of a body that was taken out whole.
    ///
    /// - Parameter count: how many bytes it had.
    package static func whole(count: Int) -> String { "\(mark) (\(count) bytes that could not be read)" }

    /// Whether a body is what `whole` says.
    package static func isWhole(_ body: [UInt8]) -> Bool {
        body.count < 80 && body.starts(with: Array("\(mark) (".utf8))
            && String(decoding: body, as: UTF8.self).hasSuffix(" bytes that could not be read)")
    }
}
