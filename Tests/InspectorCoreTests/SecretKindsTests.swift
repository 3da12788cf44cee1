// Secrets in forms that a reviewer found to stay: each kind with an instance and a brother, and what has to stay.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct SecretKindsTests {
    private static let redaction = Redaction()

    @Test(
        "a header's value is a secret by the scheme it begins with",
        arguments: [
            ("X-User", "Token S3CRET77"), ("X-User", "ApiKey S3CRET77"), ("X-Info", "Hawk id=\"a\", mac=\"S3CRET77\""),
            ("X-Forwarded-Id", "Digest username=\"u\", nonce=\"n\", response=\"S3CRET77\""),
            ("X-Cookie", "a=S3CRET77"),
            ("Sec-WebSocket-Protocol", "base64url.bearer.authorization.k8s.io.S3CRET77, v4.channel.k8s.io"),
            ("Sec-WebSocket-Protocol", "bearer, S3CRET77"),
        ])
    func headers(name: String, value: String) {
        let clean = Self.redaction.headers(headers: Headers([Headers.Field(name, value)]))
        #expect(!"\(clean)".contains("S3CRET77"), "\(clean)")
    }

    @Test("a header that only sounds so is left", arguments: ["Key features of this page", "Token of thanks, really"])
    func plainHeaders(value: String) {
        #expect(Self.redaction.headers(headers: ["X-Note": value])["X-Note"] == value)
    }

    @Test(
        "JSON that names a secret apart from its value",
        arguments: [
            #"{"args":["-v","x","--token","S3CRET77"]}"#, #"["run","--db-password","S3CRET77","--port","1"]"#,
            #"[{"op":"replace","path":"/user/password","value":"S3CRET77"}]"#,
            #"{"pointer":"/a/api_key","value":{"deep":"S3CRET77"}}"#,
            #"{"columns":["id","password"],"rows":[[1,"S3CRET77"]]}"#,
            #"{"values":["ada","S3CRET77"],"names":["user","password"]}"#,
        ])
    func json(text: String) throws {
        let clean = try #require(
            Self.redaction.body(body: Array(text.utf8), contentType: "application/json", isCut: false))
        #expect(!String(decoding: clean, as: UTF8.self).contains("S3CRET77"))
        #expect(throws: Never.self) { try JSON(parsing: clean) }
    }

    @Test(
        "JSON that has such a form and no secret is left to the byte",
        arguments: [
            #"{"args":["-v","x","--port","1"]}"#, #"{"columns":["id","name"],"rows":[[1,"ada"]]}"#,
            #"[{"op":"replace","path":"/user/name","value":"ada"}]"#, #"{"scopes":["read","token"],"rows":[1]}"#,
        ])
    func plainJSON(text: String) {
        let clean = Self.redaction.body(body: Array(text.utf8), contentType: "application/json", isCut: false)
        #expect(clean == Array(text.utf8))
    }

    @Test(
        "texts that write a secret in another way than name=value",
        arguments: [
            "<input type=\"password\" value=\"S3CRET77\">", "<input value='S3CRET77' type='password'/>",
            "mutation { login(password: \"\"\"S3CRET77\"\"\") }", "password = '''\nS3CRET77\n'''",
            "PASSWORD=\\\nS3CRET77\n", "password:\n  S3CRET77\n", "password:\nS3CRET77\n", "password: |\n  S3CRET77\n",
            "machine h login u password S3CRET77", "| password | S3CRET77 |", "password\tS3CRET77\n",
            "u=https:\\\\user:S3CRET77@host/", "u=https:%5C%5Cuser:S3CRET77@host/", "/a?token[S3CRET77]=1",
            "SET PASSWORD TO 'S3CRET77'", "CREATE USER a IDENTIFIED BY 'S3CRET77'", "ALTER ROLE a PASSWORD 'S3CRET77'",
            "ｐａｓｓｗｏｒｄ：S3CRET77", "ｔｏｋｅｎ＝S3CRET77",
        ])
    func texts(text: String) {
        #expect(!Self.redaction.text(text: text).contains("S3CRET77"), "\(Self.redaction.text(text: text))")
        let body = Self.redaction.body(body: Array(text.utf8), contentType: "text/plain", isCut: false)
        #expect(!String(decoding: body ?? [], as: UTF8.self).contains("S3CRET77"))
    }

    @Test(
        "texts that hold no secret are left",
        arguments: [
            "the password is wrong", "tokens expire soon", "a | b | c", "name\tada\n", "/a?token[0]=",
            "SELECT 'a' FROM t", "a comma，and １２３ in full width", "C:\\Users\\ada",
            "<input type=\"text\" value=\"ada\">",
        ])
    func plainTexts(text: String) { #expect(Self.redaction.text(text: text) == text) }

    @Test("a table without a Content-Type is one by its first two lines")
    func tables() {
        func body(_ text: String) -> [UInt8]? {
            Self.redaction.body(body: Array(text.utf8), contentType: "text/plain", isCut: false)
        }
        // Its head stays, its rows go.
        #expect(body("id,password\n1,S3CRET77\n") == Array("id,password\nREDACTED".utf8))
        #expect(body("id;api_key\r\n1;S3CRET77\r\n") == Array("id;api_key\r\nREDACTED".utf8))
        #expect(body("id,name\n1,ada\n") != nil)
        #expect(body("Dear ada, your password was changed.\nBye, bye\n") != nil)
    }

    @Test("a part of a form that is named twice is taken out whole")
    func multipart() {
        let text =
            "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n"
            + "Content-Disposition: form-data; name=\"password\"\r\n\r\nS3CRET77\r\n--x--\r\n"
        let clean = Self.redaction.body(
            body: Array(text.utf8), contentType: "multipart/form-data; boundary=x", isCut: false)
        #expect(!String(decoding: clean ?? [], as: UTF8.self).contains("S3CRET77"))
    }
}
