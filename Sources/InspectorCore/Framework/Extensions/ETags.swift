// Answers that the client has already: ETags of what views make (RFC 9110, 8.8.3 and 13).

internal import Crypto

extension HookScope {
    /// Gives each whole answer (200) to GET and HEAD an `ETag`, and answers 304 without a body where the client has it.
    ///
    /// An ETag that the view set itself is kept, and asked for as well. The answer is made either way: what is spared is
    /// the way to the client. Streamed bodies have none. (`Werkzeug: Response.add_etag, make_conditional`)
    public func etags() {
        afterRequest("etags") { request, response in
            guard request.method == "GET" || request.method == "HEAD", response.status == 200, response.stream == nil
            else {
                return
            }
            let tag: String
            if let known = response.headers["ETag"] {
                tag = known
            } else {
                tag = "\"" + SHA256.hash(data: response.body).prefix(16).hexText + "\""
                response.headers["ETag"] = tag
            }
            guard FileCondition.isKnown(to: request, tag: tag) else { return }
            response.status = 304
            response.body = []
            response.headers["Content-Type"] = nil
        }
    }
}
