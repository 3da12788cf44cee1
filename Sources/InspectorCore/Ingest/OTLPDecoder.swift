// Bodies of OTLP over HTTP, read: pure, bounded, and refused as the protocol says.

internal import OTLPMessages
internal import SwiftProtobuf

/// Reads what exporters post (`OTLP 1.x: OTLP/HTTP`).
enum OTLPDecoder {
    /// In which of the two forms a body is, and so its answer.
    enum Form: Sendable {
        case protobuf
        case json

        /// The form that a `Content-Type` names; nil for another.
        init?(contentType: String?) {
            switch contentType?.split(separator: ";").first.map({ String($0).trimmed.loweredASCII }) {
            case "application/x-protobuf": self = .protobuf
            case "application/json": self = .json
            default: return nil
            }
        }

        var contentType: String {
            switch self {
            case .protobuf: "application/x-protobuf"
            case .json: "application/json"
            }
        }
    }

    /// Why a body is not taken.
    struct Refusal: Error, Equatable {
        /// 400, 413 or 415.
        let status: Int
        let message: String
    }

    /// How many bytes a body may have once it is unpacked (`OTLP 1.x` recommends 64 MiB).
    static let unpackedLimit = 64 * 1024 * 1024
    /// How deep messages may lie in one another: as deep as protobuf's own libraries go.
    private static let depthLimit = 100

    /// The spans that a body tells, with their resources.
    ///
    /// - Parameters:
    ///   - encoding: the value of `Content-Encoding`; nil where there is none.
    ///   - limit: how many bytes it may have once it is unpacked.
    static func read(
        _ body: [UInt8], form: Form, encoding: String?, limit: Int = unpackedLimit
    ) throws(Refusal) -> OTLPExportTraceServiceRequest {
        var body = body
        switch encoding?.trimmed.loweredASCII {
        case nil, "", "identity": break
        case "gzip":
            do throws(Gzip.Fault) { body = try Gzip.unpack(body, limit: limit) } catch {
                switch error {
                case .invalid:
                    throw Refusal(status: 400, message: "The body is said to be gzip, and is not, or is cut.")
                case .tooLarge:
                    throw Refusal(status: 413, message: "The body is larger than \(limit) bytes once it is unpacked.")
                }
            }
        case let other?:
            throw Refusal(
                status: 415, message: "The Content-Encoding \(other.madeVisible) is not known here: none or gzip is.")
        }
        guard body.count <= limit else {
            throw Refusal(status: 413, message: "The body is larger than \(limit) bytes.")
        }
        switch form {
        case .protobuf:
            var options = BinaryDecodingOptions()
            options.messageDepthLimit = depthLimit
            do { return try OTLPExportTraceServiceRequest(serializedBytes: body, options: options) } catch {
                throw Refusal(status: 400, message: "The body is no ExportTraceServiceRequest in protobuf.")
            }
        case .json:
            let json: JSON
            do { json = try JSON(parsing: body) } catch {
                throw Refusal(status: 400, message: "The body is no JSON, or nests too deep: \(error)")
            }
            do throws(OTLPJSONReader.Fault) { return try OTLPJSONReader.request(json) } catch {
                throw Refusal(status: 400, message: "The body is no ExportTraceServiceRequest: \(error.place)")
            }
        }
    }
}
