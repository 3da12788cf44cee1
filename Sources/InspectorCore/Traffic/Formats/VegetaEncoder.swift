// vegeta's targets as they are written, one object of JSON a line.

internal import Foundation

/// Writes vegeta's targets in JSON.
struct VegetaEncoder: TrafficEncoder {
    static let suffixes = [".vegeta.json", ".vegeta"]

    func write(_ request: RecordedRequest, number: Int, to sheet: inout TrafficSheet) {
        sheet.tellMissingHost(request)
        if request.time != nil { sheet.leave("vegeta's targets have no times") }
        if request.response != nil { sheet.leave("vegeta's targets have no answers") }
        var headers: [String: JSON] = [:]
        for field in request.headers.fields {
            headers[field.name] = .array((headers[field.name]?.items ?? []) + [.string(field.value)])
        }
        var target: [String: JSON] = [
            "method": .string(request.method),
            "url": .string("http://\(request.host ?? "localhost")\(request.target)"),
        ]
        if !headers.isEmpty { target["header"] = .object(headers) }
        if !request.body.isEmpty { target["body"] = .string(Data(request.body).base64EncodedString()) }
        sheet.add(JSON.object(target).encoded + [10])
    }
}
