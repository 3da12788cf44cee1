// Signs sessions into cookies and takes them out again: HMAC-SHA256 over the values and the time.

internal import Crypto
internal import Foundation

/// Makes and reads the text of session cookies: `values.time.signature`, each in URL-safe base64.
struct SessionSigner: Sendable {
    /// Why a cookie is not trusted.
    enum Refusal: Error, CustomStringConvertible {
        case malformed
        case forged
        case expired(seconds: Int64)

        var description: String {
            switch self {
            case .malformed: "it is not a session cookie of this app: cut short, or made by something else"
            case .forged: "its signature does not fit: it was changed, or signed with a key that is not in use"
            case .expired(let seconds): "it expired \(seconds) s ago"
            }
        }
    }

    /// Larger ones are dropped by browsers.
    static let cookieLimit = 4093

    let cookie: SessionCookie
    private let keys: [SymmetricKey]

    init(options: AppOptions) {
        cookie = options.sessionCookie
        // A key of its own for this use, so that the same secret can serve others.
        keys = options.secretKeys.filter { !$0.isEmpty }.map { secret in
            let code = HMAC<SHA256>.authenticationCode(
                for: Data("inspector session cookie".utf8), using: SymmetricKey(data: Data(secret.utf8)))
            return SymmetricKey(data: Data(code))
        }
    }

    var hasKeys: Bool { !keys.isEmpty }

    /// The cookie's text for `values`; nil without a key.
    func sign(values: [String: JSON], now: Int64 = HTTPDate.now) -> String? {
        guard let key = keys.first else { return nil }
        let text = Self.encode(JSON.object(values).encoded) + "." + Self.encode(Array("\(now)".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
        return text + "." + Self.encode(Array(code))
    }

    /// The values of a cookie.
    ///
    /// The signature is compared in constant time, with each key in use.
    func open(_ text: String, now: Int64 = HTTPDate.now) throws(Refusal) -> [String: JSON] {
        let pieces = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false).map(Substring.init)
        guard pieces.count == 3, let code = Self.decode(pieces[2]), code.count == SHA256.byteCount else {
            throw .malformed
        }
        let signed = Data((pieces[0] + "." + pieces[1]).utf8)
        guard keys.contains(where: { HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: $0) })
        else { throw .forged }
        guard let bytes = Self.decode(pieces[0]), let clock = Self.decode(pieces[1]),
            let time = Int64(String(decoding: clock, as: UTF8.self)),
            case .object(let values)? = try? JSON(parsing: bytes)
        else { throw .malformed }
        let age = now - time
        guard age <= Int64(cookie.lifetime) else { throw .expired(seconds: age - Int64(cookie.lifetime)) }
        return values.dictionary
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    private static func decode(_ text: Substring) -> Data? {
        guard text.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2F && $0 != 0x3D }) else { return nil }
        let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}
