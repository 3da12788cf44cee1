// Values with parameters: what Werkzeug 3.1.8's `parse_options_header` makes of them (RFC 9110, 5.6.6; RFC 8187).

import Foundation
import Testing

@testable import InspectorCore

@Suite struct ParameterTests {
    static let vectors: [(String, String, [String: String])] = [
        (#"form-data; name="a"; filename*=UTF-8''f%C3%B6.png"#, "form-data", ["name": "a", "filename": "fö.png"]),
        (#"form-data; filename="x.png"; filename*=utf-8'en'%e2%82%ac.png"#, "form-data", ["filename": "€.png"]),
        ("form-data; filename*=UTF-8''a; filename=b", "form-data", ["filename": "b"]),
        ("form-data; filename=b;filename*=ISO-8859-1''f%F6.png", "form-data", ["filename": "fö.png"]),
        ("form-data; filename*=bogus''a%20b", "form-data", ["filename": "a%20b"]),
        ("form-data; filename*=a.png", "form-data", ["filename": "a.png"]),
        (#"form-data; filename*0="ab"; filename*1="cd""#, "form-data", ["filename": "abcd"]),
        ("form-data; filename*0*=UTF-8''a%20; filename*1=b", "form-data", ["filename": "a b"]),
        (
            #"form-data; name="a\"b"; filename="c:\\x\y.png""#, "form-data",
            ["name": "a\"b", "filename": #"c:\x\y.png"#]
        ),
        ("Form-Data; NAME=x", "form-data", ["name": "x"]), ("form-data; name = x", "form-data", [:]),
        (#"form-data; name="a%22b""#, "form-data", ["name": "a\"b"]),
        ("form-data; filename*=UTF-8''%ff.png", "form-data", ["filename": "\u{FFFD}.png"]),
        ("form-data; name*=UTF-8''n%C3%A9", "form-data", ["name": "né"]),
        (#"form-data; filename*="UTF-8''a%20b""#, "form-data", ["filename": "UTF-8''a%20b"]),
        (
            #"form-data; filename*=UTF-8''a%2fb%zz;name="x;y""#, "form-data",
            ["filename": "a/b%zz", "name": "x;y"]
        ),
        (#"form-data; name="open; x=1"#, "form-data", ["x": "1"]), ("", "", [:]), (";", "", [:]),
        ("text/html ; charset=utf-8", "text/html", ["charset": "utf-8"]), (#"a; b="" ;c="#, "a", ["b": ""]),
    ]

    @Test("a value's parameters are those that Flask would find", arguments: vectors)
    func parameters(text: String, name: String, parameters: [String: String]) {
        let value = MediaType(text)
        #expect(value.name == name)
        #expect(value.parameters == parameters)
    }

    @Test("filename* alone names an uploaded file (RFC 5987), as in Flask")
    func extendedName() throws {
        let (headers, body) = FormTests.multipart(
            """
            --B
            Content-Disposition: form-data; name="photo"; filename*=UTF-8''f%C3%B6.png
            Content-Type: image/png

            12
            --B--
            """)
        let answer = try TestClient(FormTests.app()).send("POST", "/form", headers: headers, body: body)
        #expect(try JSON(parsing: answer.response.body)["files"] == [["photo", "fö.png", 2]])
    }
}
