// What is taken for a secret, how it may be written, and that what cannot be read goes as a whole.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct RedactionTests {
    private static let redaction = Redaction()

    // MARK: Names

    @Test(
        "a name is a secret's by its words, however they are parted",
        arguments: [
            "password", "Password", "PHPSESSID", "accessKey", "access_key", "private_key", "clientSecret",
            "refresh_token", "otp", "pin", "X-Amz-Security-Token", "Private-Token", "Session-Id", "X-Access-Key",
            "Token",
            "Api-Key", "x-goog-iap-jwt-assertion", "user[password]", "HTTPToken", "dbpass", "basicAuth", "code",
            "verification_code", "api.key", "AWSAccessKeyId", "OAuth2", "Authorization", "Proxy-Authorization",
            "Cookie",
            "Set-Cookie", "WWW-Authenticate", "X-Forwarded-Access-Token", "SAMLResponse", "subscription-key", "cvv",
            "tok%65n", "tok%2565n", "p\\u0061ssword", "\u{301}token", "to\u{200B}ken", "db_pw", "sid", "X-CSRF-Token",
        ])
    func secretName(name: String) { #expect(Self.redaction.isSecret(name)) }

    @Test(
        "a name without such a word is none",
        arguments: [
            "author", "monkey", "compass", "name", "public_key", "primaryKey", "Idempotency-Key", "Sec-WebSocket-Key",
            "token_type", "status_code", "max_tokens", "keyboard", "passenger", "ETag", "Host", "Accept", "User-Agent",
            "spin", "shipping", "authority", "order", "page", "decode", "signal", "", "é", "-",
        ])
    func openName(name: String) { #expect(!Self.redaction.isSecret(name)) }

    @Test("names that the user adds are found in any spelling, and within longer names")
    func moreNames() {
        let redaction = Redaction(names: ["x-tenant", "customer_id", "é", "q"])
        for name in ["X-Tenant", "xTenant", "x_tenant", "x-tenant-name", "customerId", "the.customer.id", "q"] {
            #expect(redaction.isSecret(name), "\(name)")
        }
        for name in ["tenant", "customer", "id", "qq", "x"] { #expect(!redaction.isSecret(name), "\(name)") }
        #expect(redaction.text(text: "/a?customerId=5&page=1") == "/a?customerId=REDACTED&page=1")
        #expect(!Redaction.isName("é-") && Redaction.isName("q"))
        #expect(!Redaction(isOn: false).isSecret("password"))
        #expect(Redaction(isOn: false).text(text: "password=x") == "password=x")
    }

    // MARK: Texts

    @Test(
        "a text loses its secrets and nothing else",
        arguments: [
            ("/p?token=abc&q=1", "/p?token=REDACTED&q=1"),
            ("/p?q=1#section", "/p?q=1#section"),
            ("/p?q=1#access_token=abc", "/p?q=1#access_token=REDACTED"),
            ("/p?tok%65n=abc", "/p?tok%65n=REDACTED"),
            ("/p?a=b%26token%3Dabc&x=1", "/p?a=REDACTED&x=1"),
            ("/p?next=https%3A%2F%2Fh%2F%3Ftoken%3Dabc", "/p?next=REDACTED"),
            ("/p?next=https%253A%252F%252Fh%252F%253Ftoken%253Dabc", "/p?next=REDACTED"),
            ("/p?next=%2Fhome%3Fpage%3D2&n=a+b", "/p?next=%2Fhome%3Fpage%3D2&n=a+b"),
            ("/a;jsessionid=ABC/b", "/a;jsessionid=REDACTED"),
            ("/a;jsessionid=ABC?page=2", "/a;jsessionid=REDACTED?page=2"),
            ("Server=x;Password=a?b c", "Server=x;Password=REDACTED c"),
            ("https://u:pw@h/x", "https://REDACTED@h/x"),
            ("https%3A%2F%2Fu%3Apw%40h", "REDACTED"),
            ("https://h:8080/x", "https://h:8080/x"),
            ("postgres://u:p/w@h/db", "postgres://REDACTED@h/db"),
            ("https://user:pas", "https://REDACTED"),
            ("//u:p@h/", "//REDACTED@h/"),
            ("https:\\/\\/u:p@h", "https:\\/\\/REDACTED@h"),
            ("http://[::1]:80/", "http://[::1]:80/"),
            ("mail ada@example.org", "mail ada@example.org"),
            ("/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc-_d?x=1", "/reset/REDACTED?x=1"),
            ("xeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc-_d", "xREDACTED"),
            ("Authorization: Bearer abc.def", "Authorization: REDACTED"),
            ("got Bearer abc.def here", "got Bearer REDACTED here"),
            ("Bearer%20abcdef", "REDACTED"),
            ("Basic dXNlcjpwdw==", "Basic REDACTED"),
            ("Basic training", "Basic training"),
            ("id AKIAIOSFODNN7EXAMPLE, then", "id REDACTED, then"),
            ("ghp_abcdefghij0123456789 and glpat-abcdefgh1234", "REDACTED and REDACTED"),
            ("sk_live_abcdefgh xoxb-123456789012", "REDACTED REDACTED"),
            ("task-based approach-with-words", "task-based approach-with-words"),
            ("GET api/x?api_key=1", "GET api/x?api_key=REDACTED"),
            ("GET api/orders/5?page=2", "GET api/orders/5?page=2"),
            (#"{"password":"a\"b","x":1}"#, #"{"password":"REDACTED","x":1}"#),
            (#"{"password":"a\\","x":1}"#, #"{"password":"REDACTED","x":1}"#),
            (#"{"\u0070assword":"abc"}"#, #"{"\u0070assword":"REDACTED"}"#),
            (#"{\"password\":\"abc\",\"x\":1}"#, #"{\"password\":\"REDACTED\",\"x\":1}"#),
            (#"{"token": 5, "x": 1}"#, #"{"token": REDACTED, "x": 1}"#),
            (#"{"token": {"a": "}"}, "x": 1}"#, #"{"token": REDACTED, "x": 1}"#),
            ("<password>abc</password><x>1</x>", "<password>REDACTED</password><x>1</x>"),
            ("<ns:Password type='x'>a<b>c</b></ns:Password>.", "<ns:Password type='x'>REDACTED</ns:Password>."),
            ("<code>let x</code>", "<code>let x</code>"),
            (#"<input name="csrf_token" value="abc">"#, #"<input name="csrf_token" value="REDACTED">"#),
            (#"<string name="api_key">abc</string>"#, #"<string name="api_key">REDACTED</string>"#),
            (#"<a href="/x?token=abc">text</a>"#, #"<a href="/x?token=REDACTED">text</a>"#),
            ("a & b = c", "a & b = c"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", "REDACTED\nx"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE, cut", "REDACTED"),
            ("-----BEGIN%20PRIVATE%20KEY-----%0AMIIE/abc=", "REDACTED"),
            ("-----BEGIN CERTIFICATE-----\nMIIE", "-----BEGIN CERTIFICATE-----\nMIIE"),
            ("password:\n  abc\nx: 1", "password:REDACTED\nx: 1"),
            ("password: |\n  abc\n  def\nx: 1", "password: REDACTED\nx: 1"),
            ("password: correct horse, battery\nx: 1", "password: REDACTED\nx: 1"),
            ("&\u{301}token=abc", "&\u{301}token=REDACTED"),
            ("token=\u{301}abc", "token=REDACTED"),
            ("WHERE password = 'abc' AND x = 1", "WHERE password = 'REDACTED' AND x = 1"),
            ("$_POST['password'] = 'abc'", "$_POST['password'] = 'REDACTED'"),
            ("curl -H 'X-Api-Key: abc' http://h/", "curl -H 'X-Api-Key: REDACTED' http://h/"),
            (
                #"mutation { login(password: "abc", user: "u") }"#,
                #"mutation { login(password: "REDACTED", user: "u") }"#
            ),
            ("password=ab\"cd x", "password=REDACTED x"),
            ("password={a}b c", "password=REDACTED c"),
            ("token=REDACTEDabc", "token=REDACTED"),
            ("author: Ada", "author: Ada"),
            ("%25252525252541", "REDACTED"),
            (
                "- name: DB_PASSWORD\n  value: abc\n- name: CITY\n  value: x",
                "- name: DB_PASSWORD\n  value: REDACTED\n- name: CITY\n  value: x"
            ),
            (#"x {"name":"password","value":"abc"}"#, #"x {"name":"password","value":"REDACTED"}"#),
            (
                "<key>Password</key><string>abc</string><key>City</key><string>x</string>",
                "<key>Password</key><string>REDACTED</string><key>City</key><string>x</string>"
            ),
            ("<e><key>password</key><value>abc</value></e>", "<e><key>password</key><value>REDACTED</value></e>"),
            (#"<div data-x="{&quot;password&quot;:&quot;abc&quot;}">"#, #"<div data-x="REDACTED">"#),
            ("<a href='/x?a=1&amp;b=2'>", "<a href='/x?a=1&amp;b=2'>"),
            ("token&#61;abc x", "REDACTED x"), (#"password\u003dabc"#, "REDACTED"),
            ("mysql --password abc -u x", "mysql --password REDACTED -u x"), ("run --verbose now", "run --verbose now"),
            ("\"password\"\n :\n \"abc\"", "\"password\"\n :\n \"REDACTED\""),
        ])
    func text(given: String, wanted: String) {
        let clean = Self.redaction.text(text: given)
        #expect(clean == wanted)
        #expect(Self.redaction.text(text: clean) == clean, "what was cleaned stays as it is")
    }

    @Test("headers lose what their names tell, and what stands in their values")
    func headers() {
        let clean = Self.redaction.headers(headers: [
            "Authorization": "Bearer a", "X-Empty-Token": "", "Accept": "text/html, */*;q=0.8",
            "Referer": "http://u:p@h/a?token=b#id_token=c", "X-Forwarded-Uri": "/a?password=b",
            "Forwarded": "for=1.2.3.4;proto=https", "Link": "<https://h/?sig=abc&page=2>; rel=next",
            "Origin": "http://u:p@h", "X-Custom": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc",
        ])
        #expect(
            clean == [
                "Authorization": "REDACTED", "X-Empty-Token": "", "Accept": "text/html, */*;q=0.8",
                "Referer": "http://REDACTED@h/a?token=REDACTED", "X-Forwarded-Uri": "/a?password=REDACTED",
                "Forwarded": "for=1.2.3.4;proto=https", "Link": "<https://h/?sig=REDACTED&page=2>; rel=next",
                "Origin": "http://REDACTED@h", "X-Custom": "REDACTED",
            ])
    }

    // MARK: Bodies

    private static func body(_ text: String, _ type: String?, isCut: Bool = false) -> String? {
        redaction.body(body: Array(text.utf8), contentType: type, isCut: isCut).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test(
        "JSON keeps every byte that is not a secret: numbers, spaces, equal names, whatever no tree could hold",
        arguments: [
            (#"{"a":1e400, "token" : null,"n": [1,  2.50]}"#, #"{"a":1e400, "token" : "REDACTED","n": [1,  2.50]}"#),
            (#"{"a":{"password":"x"},"a":1}"#, #"{"a":{"password":"REDACTED"},"a":1}"#),
            (#"{"\u0070assword":{"x":[1]},"b":"\ud800"}"#, #"{"\u0070assword":"REDACTED","b":"\ud800"}"#),
            (#"{"value":"v","name":"password"}"#, #"{"value":"REDACTED","name":"password"}"#),
            (#"{"value":"v","name":"city"}"#, #"{"value":"v","name":"city"}"#),
            (#"[["Authorization","x"],["a","b"]]"#, #"[["Authorization","REDACTED"],["a","b"]]"#),
            (#"["token","a","b"]"#, #"["token","a","b"]"#),
            (#"{"b":"{\"password\":\"x\",\"c\":1}"}"#, #"{"b":"{\"password\":\"REDACTED\",\"c\":1}"}"#),
            (#"{"u":"/x?token=abc","e":"C:\\tok"}"#, #"{"u":"/x?token=REDACTED","e":"C:\\tok"}"#),
            (#""just a text""#, #""just a text""#),
            (" [ ] ", " [ ] "), ("{}", "{}"), ("-0.5E+3", "-0.5E+3"),
            ("\u{FEFF}{\"token\":1}", "\u{FEFF}{\"token\":\"REDACTED\"}"),
        ])
    func json(given: String, wanted: String) {
        #expect(Self.body(given, "application/json") == wanted)
        #expect(Self.body(given, "application/vnd.x+json; charset=utf-8") == wanted)
    }

    @Test("JSON of any size and depth is read")
    func largeJSON() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(Self.body(deep, "application/json") == deep)
        let long = "[" + String(repeating: #"{"x":1},"#, count: 50_000) + #"{"token":"s3cr3t"}]"#
        #expect(Self.body(long, nil)?.contains("s3cr3t") == false)
    }

    @Test(
        "JSON that is refused is taken out whole",
        arguments: [
            #"{"token":NaN}"#, #"{"token":"x"} x"#, #"{"token":"x""#, #"{"token":"x",}"#, #"["token",]"#,
            #"{"token":01}"#,
            #"{"token":"\x"}"#, #"{token:"x"}"#, "{\"token\":\"x\u{0}\"}", "{'token':'x'}", "/* */ {}", #"{"a":+1}"#,
            #"{"a":1.}"#, "[1 2]", "]", #"{"a" "b"}"#, "{\"token\":\"a\nb\"}",
        ])
    func refusedJSON(text: String) {
        #expect(Self.body(text, "application/json") == nil)
        let (_, body) = Self.redaction.message(
            headers: ["Content-Type": "application/json"], body: Array(text.utf8), length: text.utf8.count)
        #expect(String(decoding: body, as: UTF8.self) == "REDACTED (\(text.utf8.count) bytes that could not be read)")
        #expect(Redaction.isWhole(body))
    }

    @Test("JSON that is not UTF-8, or that is cut, is taken out whole and says how long it was")
    func cutJSON() {
        #expect(
            Self.redaction.body(body: [0x7B, 0x22, 0xFF, 0x22, 0x7D], contentType: "application/json", isCut: false)
                == nil)
        let (_, body) = Self.redaction.message(
            headers: ["Content-Type": "application/json"], body: Array("{}".utf8), length: 90_000)
        #expect(String(decoding: body, as: UTF8.self) == "REDACTED (90000 bytes that could not be read)")
    }

    @Test("JSON line by line: a line that cannot be read is taken out alone")
    func lines() {
        let clean = "{\"token\":\"REDACTED\"}\n{\"a\":2}\nREDACTED (12 bytes that could not be read)\n"
        #expect(Self.body("{\"token\":1}\n{\"a\":2}\nbroken token\n", "application/x-ndjson") == clean)
    }

    @Test(
        "other kinds of bodies by their own rules",
        arguments: [
            (
                "application/x-www-form-urlencoded", "user=a&password=pw+1&x=%7B%22password%22%3A1%7D&y=a%20b",
                "user=a&password=REDACTED&x=REDACTED&y=a%20b"
            ),
            (
                "application/x-www-form-urlencoded", "a=1&\u{301}token=2&\u{301}b=3",
                "a=1&\u{301}token=REDACTED&\u{301}b=3"
            ),
            ("application/x-www-form-urlencoded", "p%2561ssword=1&a=Bearer+abc", "p%2561ssword=REDACTED&a=REDACTED"),
            ("text/csv", "user,password\na,b", nil), ("text/csv", "user,city\na,b", "user,city\na,b"),
            ("text/plain", "[info] hello", "[info] hello"), ("text/plain", "[2024] token=a", "[2024] token=REDACTED"),
            ("text/plain", #"{"a":1"#, nil), (nil, "a\u{0}b", nil), ("application/pdf", "%PDF\u{1}", nil),
            ("application/octet-stream", "plain text", "plain text"), ("image/png", "\u{0}\u{1}", "\u{0}\u{1}"),
            ("image/png", "token=abc", "token=REDACTED"), ("image/svg+xml", "<pin>1</pin>", "<pin>REDACTED</pin>"),
            ("text/html", "<p>a</p>", "<p>a</p>"),
        ] as [(String?, String, String?)])
    func kinds(type: String?, given: String, wanted: String?) { #expect(Self.body(given, type) == wanted) }

    @Test("multipart fields are known by their names, files by their types; a form that does not end goes as a whole")
    func multipart() {
        func form(_ parts: [String]) -> String { parts.map { "--B\r\n\($0)\r\n" }.joined() + "--B--\r\n" }
        let type = "multipart/form-data; boundary=B"
        func part(_ name: String, _ content: String, _ more: String = "") -> String {
            "Content-Disposition: form-data; name=\"\(name)\"\(more)\r\n\r\n\(content)"
        }
        let given = form([
            part("password", "abc"), part("city", "oslo\r\n--Bx"), part("x%70assword", "abc"), part("q", "token=1"),
            part("f", "a\u{0}b", "; filename=\"a.bin\""), part("g", "\u{0}", "\r\nContent-Type: image/png"),
            part("j", #"{"pin":1}"#, "\r\nContent-Type: application/json"),
            part("e", "cGFzc3dvcmQ9MQ==", "\r\nContent-Transfer-Encoding: base64"), "X: y\r\n\r\nno name",
        ])
        let wanted = form([
            part("password", "REDACTED"), part("city", "oslo\r\n--Bx"), part("x%70assword", "REDACTED"),
            part("q", "token=REDACTED"),
            part("f", "REDACTED (3 bytes that could not be read)", "; filename=\"a.bin\""),
            part("g", "\u{0}", "\r\nContent-Type: image/png"),
            part("j", #"{"pin":"REDACTED"}"#, "\r\nContent-Type: application/json"),
            part(
                "e", "REDACTED (16 bytes that could not be read)", "\r\nContent-Transfer-Encoding: base64"),
            "X: y\r\n\r\nREDACTED (7 bytes that could not be read)",
        ])
        #expect(Self.body(given, type) == wanted)
        #expect(Self.body(String(given.dropLast(6)), type) == nil)
        #expect(Self.body(given, type, isCut: true) == nil)
        #expect(Self.body(given, "multipart/form-data") == nil)
        #expect(Self.body(given + "password", type) == nil)
        #expect(Self.body("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n--B--", type) == nil)
    }

    @Test(
        "a packed body that holds a secret is kept unpacked, one that holds none as it is, what cannot be unpacked goes"
    )
    func packed() {
        let headers: Headers = ["Content-Type": "application/json", "Content-Encoding": "gzip"]
        func message(_ bytes: [UInt8], _ headers: Headers) -> (headers: Headers, body: String?) {
            let (headers, body) = Self.redaction.message(headers: headers, body: bytes, length: bytes.count)
            return (headers, String(validating: body, as: UTF8.self))
        }
        let secret = Gzip.stored(Array(#"{"token":"abc"}"#.utf8))
        #expect(message(secret, headers).body == #"{"token":"REDACTED"}"#)
        #expect(message(secret, headers).headers["Content-Encoding"] == nil)
        let open = Gzip.stored(Array(#"{"a":1}"#.utf8))
        let (kept, body) = Self.redaction.message(headers: headers, body: open, length: open.count)
        #expect(body == open && kept == headers)
        // A second member, which readers of one member would not see.
        #expect(message(open + secret, headers).body?.hasPrefix("REDACTED (") == true)
        #expect(message(Array(secret.dropLast(9)), headers).body?.hasPrefix("REDACTED (") == true)
        #expect(message([1, 2, 3], ["Content-Encoding": "br"]).body == "REDACTED (3 bytes that could not be read)")
        #expect(message([1, 2, 3], ["Content-Encoding": "br"]).headers["Content-Encoding"] == nil)
        // Packed, and not said so.
        #expect(message(secret, ["Content-Type": "application/json"]).body?.hasPrefix("REDACTED (") == true)
    }

    @Test("hostile texts are gone through in a time that grows with their length")
    func hostile() {
        // Processor time: on a busy machine minutes on the clock may go by without any.
        let before = ProcessorTime.thread
        defer { #expect(ProcessorTime.thread &- before < 120_000_000_000) }
        let pieces = [
            "<a ", "<token>", "eyJ", "=//a:b", "token=", "token:", "'token':", "\"a\":", "%25", "%2525", "a%20",
            "-----BEGIN PRIVATE ", "{", "[\"", "\\", "+", "<a name='token' value=", "=\"", "Basic ", "x=%41%3d&",
        ]
        for piece in pieces {
            let text = String(repeating: piece, count: 65_536 / piece.utf8.count)
            _ = Self.redaction.text(text: text)
            for type in ["application/json", "application/x-www-form-urlencoded", "text/xml"] {
                _ = Self.body(text, type)
            }
        }
    }

    // MARK: The document

    @Test("docs/redaction.md names what the code knows, and nothing else")
    func document() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/redaction.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        func words(_ heading: String) throws -> Set<String> {
            let section = try #require(text.components(separatedBy: "### \(heading)\n").dropFirst().first, "\(heading)")
            let block = try #require(section.components(separatedBy: "```").dropFirst().first)
            return Set(block.split(whereSeparator: \.isWhitespace).map(String.init).filter { $0 != "text" })
        }
        #expect(try words("Whole names") == Set(RedactionRules.names))
        #expect(try words("Beginnings of names") == Set(RedactionRules.namePrefixes))
        #expect(try words("Within a name") == Set(RedactionRules.fragments))
        #expect(try words("Words of a name") == Set(RedactionRules.words))
        #expect(try words("Words beside a code") == Set(RedactionRules.codeWords))
        #expect(try words("Words before an open key") == Set(RedactionRules.openKeys))
        #expect(try words("Open words") == Set(RedactionRules.openWords))
        #expect(try words("Open names") == Set(RedactionRules.openNames))
        #expect(try words("Schemes") == Set(RedactionRules.schemes))
        #expect(try words("Beginnings of values") == Set(RedactionRules.prefixes.map(\.start)))
    }
}

/// Gzip without compression (RFC 1952, RFC 1951 3.2.4): what a test packs.
enum Gzip {
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        func little(_ value: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
        }
        let length = UInt32(bytes.count)
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(length, 2) + little(~length, 2) + bytes
            + little(~crc, 4) + little(length, 4)
    }
}
