// What can go wrong with a server elsewhere: each with a name, a status and a sentence.

internal import AsyncHTTPClient
internal import Foundation
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Why a server elsewhere gave no answer, or not all of it.
struct RemoteProblem: Error {
    /// A name to count by: `ConnectionRefused`.
    let kind: String
    /// The status that the client gets: 502 or 504, as of any gateway (RFC 9110, 15.6).
    let status: Int
    /// A sentence.
    let message: String

    /// The answer that the client gets instead of the server's.
    var answer: Response {
        var response = HTTPError(status: status, message: message).makeResponse()
        ProxyStatus.mark(&response, error: RemoteProblem.types[kind] ?? "proxy_internal_error", details: message)
        return response
    }

    /// The types of RFC 9209, 2.3.
    private static let types = [
        "ConnectionRefused": "connection_refused", "HostUnreachable": "destination_ip_unroutable",
        "NameNotFound": "dns_error", "ConnectionFailed": "destination_unavailable",
        "ConnectTimeout": "connection_timeout", "TLSFailed": "tls_protocol_error",
        "ServerTimeout": "http_response_timeout", "ConnectionReset": "connection_terminated",
        "ConnectionClosed": "connection_terminated", "NotHTTP": "http_protocol_error",
        "UnsendableRequest": "http_request_error",
    ]

    /// - Parameters:
    ///   - address: where it was sent.
    ///   - hadHead: whether the head of the answer had come.
    init(_ error: any Error, address: String, hadHead: Bool) {
        if let own = error as? RemoteProblem {
            self = own
            return
        }
        let (kind, status, message) = RemoteProblem.words(of: error, address: address, hadHead: hadHead)
        self.kind = kind
        self.status = status
        self.message = message
    }

    private init(kind: String, status: Int, message: String) {
        self.kind = kind
        self.status = status
        self.message = message
    }

    /// Its answer has not begun within `seconds`.
    static func late(address: String, seconds: Double) -> RemoteProblem {
        RemoteProblem(
            kind: "ServerTimeout", status: 504,
            message: "\(address) has not answered within \(seconds.decimal(places: seconds < 10 ? 1 : 0)) seconds.")
    }

    /// The client has gone, and its request was taken back from the server; the status is the one of nginx's log.
    static func clientGone(address: String) -> RemoteProblem {
        RemoteProblem(
            kind: "ClientGone", status: 499,
            message: "The client closed its connection, and the request was taken back from \(address).")
    }

    /// The client's own body broke off, was no HTTP or came too slowly: which, the client is told by its connection.
    static let requestCut = RemoteProblem(
        kind: "RequestCut", status: 400, message: "The client's body broke off before it was whole.")

    /// The request cannot be written as HTTP to that server.
    static func unsendable(address: String) -> RemoteProblem {
        RemoteProblem(
            kind: "UnsendableRequest", status: 502,
            message:
                "The request's target is neither a path nor *, and \(address) cannot be asked for it; nothing was sent."
        )
    }

    private static func words(
        of error: any Error, address: String, hadHead: Bool
    ) -> (kind: String, status: Int, message: String) {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout:
            return ("ConnectTimeout", 504, "\(address) took no connection in time.")
        case let error as HTTPClientError where error == .readTimeout:
            return ("ServerTimeout", 504, "\(address) has sent nothing for too long.")
        case let error as HTTPClientError where error == .getConnectionFromPoolTimeout:
            return ("ConnectTimeout", 504, "No connection to \(address) was free in time.")
        case let error as HTTPClientError where error == .remoteConnectionClosed || error == .uncleanShutdown:
            return hadHead
                ? ("BodyCut", 502, "\(address) closed the connection before its answer was whole.")
                : ("ConnectionClosed", 502, "\(address) closed the connection without an answer.")
        case let error as HTTPClientError where error == .tlsHandshakeTimeout:
            return ("TLSFailed", 502, "\(address) did not finish the TLS handshake in time.")
        case let error as IOError: return words(ofErrno: error.errnoCode, address: address, hadHead: hadHead)
        case let error as NIOConnectionError:
            if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
                return ("NameNotFound", 502, "The name in \(address) was not found.")
            }
            if let first = error.connectionErrors.first?.error as? IOError {
                return words(ofErrno: first.errnoCode, address: address, hadHead: hadHead)
            }
            return ("ConnectionFailed", 502, "No connection to \(address) could be made.")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return ("TLSFailed", 502, wordsOfTLS("\(error)", address: address))
        case let error as HTTPParserError:
            if error == .invalidEOFState {
                return hadHead
                    ? ("BodyCut", 502, "\(address) closed the connection before its answer was whole.")
                    : ("ConnectionClosed", 502, "\(address) closed the connection without an answer.")
            }
            return (
                hadHead ? "BodyInvalid" : "NotHTTP", 502,
                "\(address) \(hadHead ? "sent a body that breaks off HTTP" : "answered with what is not HTTP") "
                    + "(\(String("\(error)".prefix(120)).madeVisible))."
            )
        default:
            return (
                hadHead ? "BodyCut" : "ServerFailed", 502,
                "\(address) could not be asked (\(String("\(error)".prefix(160)).madeVisible))."
            )
        }
    }

    /// BoringSSL's own reason stands in capitals behind its name, among much else.
    private static func wordsOfTLS(_ text: String, address: String) -> String {
        let reason = text.range(of: "OPENSSL_internal:").map { found in
            String(text[found.upperBound...].prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") })
        }
        switch reason {
        case "CERTIFICATE_VERIFY_FAILED":
            return "The certificate of \(address) does not verify; --insecure takes any."
        case "WRONG_VERSION_NUMBER": return "\(address) does not speak TLS: is its address http:// instead?"
        case let reason?: return "TLS with \(address) failed (\(reason))."
        case nil: return "TLS with \(address) failed (\(String(text.prefix(160)).madeVisible))."
        }
    }

    private static func words(
        ofErrno code: Int32, address: String, hadHead: Bool
    ) -> (kind: String, status: Int, message: String) {
        let reason = String(cString: strerror(code))
        switch code {
        case ECONNREFUSED: return ("ConnectionRefused", 502, "\(address) takes no connections (\(reason)).")
        case ECONNRESET, EPIPE:
            return hadHead
                ? ("BodyCut", 502, "\(address) broke the connection off before its answer was whole (\(reason)).")
                : ("ConnectionReset", 502, "\(address) broke the connection off without an answer (\(reason)).")
        case ETIMEDOUT: return ("ConnectTimeout", 504, "\(address) took no connection in time (\(reason)).")
        case EHOSTUNREACH, ENETUNREACH: return ("HostUnreachable", 502, "\(address) cannot be reached (\(reason)).")
        default: return ("ConnectionFailed", 502, "No connection to \(address) could be made or kept (\(reason)).")
        }
    }
}
