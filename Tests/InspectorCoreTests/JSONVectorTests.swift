// JSON as it is read and written, by vectors in the manner of JSONTestSuite: y_ is taken, n_ is refused.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct JSONVectorTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        /// What Python's `json.dumps(json.loads(bytes), sort_keys=True, separators=(",", ":"))` writes; nil where it
        /// refuses them.
        let written: String?

        var testDescription: String { name }

        /// A line `name => text => what is written`; `%0A` is a byte.
        init(_ line: Substring) {
            let parts = line.components(separatedBy: " => ")
            name = parts[0]
            bytes = PercentCoding.bytes(text: parts[1])
            written = parts.count > 2 ? parts[2] : nil
        }

        static func all(_ text: String) -> [Vector] { text.split(separator: "\n").map(Vector.init) }
    }

    /// What RFC 8259 has for JSON, written as Python 3.11 writes it.
    static let taken = Vector.all(
        #"""
        array_empty => [] => []
        array_spaces => %20[ 1 , 2 ] %0A => [1,2]
        object_empty => {} => {}
        nested => {"a":[{"b":null}]} => {"a":[{"b":null}]}
        literals => [true,false,null] => [true,false,null]
        top_number => 7 => 7
        top_string => "x" => "x"
        top_null => %20null%09 => null
        duplicate_last => {"a":1,"a":2} => {"a":2}
        duplicate_nested => {"a":{"x":1},"a":{"y":2}} => {"a":{"y":2}}
        names_apart => {"%C3%A9":1,"e%CC%81":2} => {"e\u0301":2,"\u00e9":1}
        name_empty => {"":0} => {"":0}
        name_escaped => {"\u0061":1,"a":2} => {"a":2}
        name_nul => {"a\u0000b":1} => {"a\u0000b":1}
        names_sorted => {"b":1,"%ED%9F%BF":2,"%F0%9F%98%80":3,"a":4,"%EF%BF%AE":5} => {"a":4,"b":1,"\ud7ff":2,"\uffee":5,"\ud83d\ude00":3}
        minus_zero => -0 => 0
        minus_zero_point => -0.0 => -0.0
        exponent => 1E5 => 100000.0
        exponent_plus => 1e+2 => 100.0
        exponent_minus => 25e-1 => 2.5
        tenth => 0.1 => 0.1
        one_point_zero => 1.0 => 1.0
        int_max => 9223372036854775807 => 9223372036854775807
        int_min => -9223372036854775808 => -9223372036854775808
        past_int => 9223372036854775808 => 9223372036854775808
        past_int_negative => -9223372036854775809 => -9223372036854775809
        uint_max => 18446744073709551615 => 18446744073709551615
        long_integer => 123456789012345678901234567890 => 123456789012345678901234567890
        18_digits => 999999999999999999 => 999999999999999999
        19_digits => 1234567890123456789 => 1234567890123456789
        double_digits => 0.30000000000000004 => 0.30000000000000004
        large_double => 1e300 => 1e+300
        small_double => 5e-324 => 5e-324
        underflow => 1e-400 => 0.0
        1e16 => 1e16 => 1e+16
        1e15 => 1e15 => 1000000000000000.0
        escapes => "\"\\\/\b\f\n\r\t" => "\"\\/\b\f\n\r\t"
        pair => "\ud83d\ude00" => "\ud83d\ude00"
        unicode => "%C3%BC%E2%82%AC%F0%9F%98%80%E2%80%A8" => "\u00fc\u20ac\ud83d\ude00\u2028"
        delete => "%7F" => "\u007f"
        bom => %EF%BB%BF{"a":1} => {"a":1}
        noncharacter => "%EF%BF%BF" => "\uffff"
        nul_escaped => "\u0000" => "\u0000"
        """#)

    /// What neither RFC 8259 nor Python 3.11 takes.
    static let refused = Vector.all(
        #"""
        comma_array => [1,]
        comma_object => {"a":1,}
        comma_alone => [,]
        comma_first => [,1]
        commas => [1,,2]
        unclosed => [1
        unclosed_object => {"a":1
        unclosed_string => "abc
        extra => [1]]
        two_values => 1 2
        spaces => %20%20
        single_quotes => {'a':1}
        no_quotes => {a:1}
        no_colon => {"a" 1}
        no_value => {"a":}
        number_name => {1:2}
        leading_zero => 01
        minus_leading_zero => -01
        plus => +1
        point_first => .5
        point_last => 1.
        exponent_empty => 1e
        exponent_sign => 1e+
        minus => -
        hex => 0x1
        point_exponent => 1.e1
        arabic_digit => %D9%A3
        double_minus => --1
        control => "a%0Ab"
        control_tab => "a%09b"
        control_nul => "a%00"
        escape_x => "\x41"
        escape_short => "\u00"
        escape_no_hex => "\u00g0"
        escape_end => "\
        escape_quote => "\"
        invalid_utf8 => "%FF"
        overlong => "%C0%AF"
        cut_utf8 => "%C3"
        utf8_outside => %C2%A01
        form_feed => [1%0C]
        vertical_tab => %0B1
        true_cut => tru
        true_upper => True
        comment => [1/*x*/]
        line_comment => 1//
        undefined => undefined
        bom_alone => %EF%BB%BF
        bom_within => [%EF%BB%BF1]
        bracket_mix => [1}
        null_suffix => nullx
        combining_quote => "a"%CC%81
        combining_comma => [1,%CC%812]
        """#)

    @Test("what is JSON is read, and written as Python writes it", arguments: taken)
    func takes(vector: Vector) throws {
        let value = try JSON(parsing: vector.bytes)
        #expect(String(decoding: value.encodedASCII, as: UTF8.self) == vector.written)
        // What was written is read as the same, in UTF-8 too.
        #expect(try JSON(parsing: value.encoded) == value)
    }

    @Test("what is not JSON is refused with the place at which it stops being some", arguments: refused)
    func refuses(vector: Vector) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: vector.bytes) }
        #expect((error?.offset ?? -1) >= 0 && (error?.offset ?? 0) <= vector.bytes.count)
        #expect(error?.kind == .valueError)
    }

    /// What Python takes and RFC 8259 does not (NaN), or leaves open, and what no `String` or double holds.
    @Test(
        "nothing is not JSON, and where Python and the RFC differ the RFC counts",
        arguments: [
            "", "NaN", "Infinity", "-Infinity", "[NaN]", "1e400", "-1e400", "{\"a\":1e999}", "\u{FEFF}\u{FEFF}1",
        ])
    func stricter(text: String) { #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text.utf8) } }

    @Test("other encodings than UTF-8 are refused, as RFC 8259 (8.1) has it; Python guesses them")
    func encodings() throws {
        for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf32BigEndian] {
            let bytes = try #require("[1]".data(using: encoding))
            #expect(throws: JSONSyntaxError.self) { try JSON(parsing: bytes) }
        }
    }

    @Test(
        "half of a surrogate pair becomes U+FFFD, whatever stands after it",
        arguments: [
            (#""\ud83d""#, "\u{FFFD}"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"), (#""a\ud83d\n""#, "a\u{FFFD}\n"),
            (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}\u{1F600}"),
        ])
    func halves(text: String, value: String) throws { #expect(try JSON(parsing: text.utf8) == .string(value)) }

    @Test("names that look the same are two members, and each keeps its value")
    func names() throws {
        let value = try JSON(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}".utf8)
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        guard case .object(var members) = value else {
            Issue.record("no object")
            return
        }
        #expect(members.count == 2 && members.keys.count == 2)
        members["e\u{301}"] = nil
        #expect(members.count == 1 && members["\u{E9}"] == 1)
        #expect(value != (try JSON(parsing: "{\"\u{E9}\":1}".utf8)))
        #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
    }

    @Test("numbers say the same whole or with a point, and digits past an Int stay")
    func numbers() throws {
        #expect(try JSON(parsing: "[1,1.0,1e0]".utf8) == [1, 1, 1])
        #expect(Set([JSON.int(1), .double(1), .double(-0.0), .int(0)]).count == 2)
        let wide = try JSON(parsing: "12345678901234567890".utf8)
        #expect(wide.int == nil)
        #expect(wide.number == 12345678901234567890.0)
        #expect(wide != (try JSON(parsing: "12345678901234567891".utf8)))
        #expect(
            JSON.BigInteger("007") == nil && JSON.BigInteger("5") == nil
                && JSON.BigInteger("+99999999999999999999") == nil)
        #expect(JSON.double(.nan).encoded == Array("null".utf8))
        let longer = try JSON(parsing: (String(repeating: "9", count: 400)).utf8)
        #expect(longer.number == nil)
        #expect(longer.encoded.count == 400)
    }

    @Test("an app's own type is read by the same rules: the last of equal names, no comma too many")
    func ownTypes() throws {
        struct Order: Codable, Equatable, Sendable {
            let name: String
            let count: Int
        }
        let app = App("typed")
        app.post("/") { request in
            let order = try request.json(as: Order.self)
            return "\(order.name) \(order.count)"
        }
        let client = try TestClient(app)
        let type: Headers = ["Content-Type": "application/json"]
        func send(_ text: String) throws -> Response {
            let answer = try client.send("POST", "/", headers: type, body: Array(text.utf8))
            return answer.response
        }
        #expect(try send(#"{"name":"a","count":1,"name":"b"}"#).text == "b 1")
        #expect(try send("\u{FEFF}{\"name\":\"a\",\"count\":1}").text == "a 1")
        for bad in [
            #"{"name":"a","count":1,}"#, #"{"name":"a","count":1e99}"#, #"{"name":"a","count":99999999999999999999}"#,
        ] {
            #expect(try send(bad).status == 400, "\(bad)")
        }
    }

    @Test("a value made of any bytes, written and read again, is the same (property, by a seed)")
    func roundTrip() throws {
        var generator = SeededNumbers(8259)
        for _ in 0..<300 {
            let value = JSONVectorTests.value(depth: 4, &generator)
            #expect(try JSON(parsing: value.encoded) == value)
            #expect(try JSON(parsing: value.encodedASCII) == value)
        }
    }

    private static func text(_ generator: inout SeededNumbers) -> String {
        let scalars = [
            "a", "\"", "\\", "/", "\u{0}", "\u{1F}", "\u{7F}", "\u{E9}", "e", "\u{301}", "\u{1F600}", "\u{2028}",
        ]
        return (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
            scalars.randomElement(using: &generator) ?? ""
        }.joined()
    }

    private static func value(depth: Int, _ generator: inout SeededNumbers) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .int(Int.random(in: .min ... .max, using: &generator))
        case 3: return .double(Double(bitPattern: UInt64.random(in: 0...0x7FEF_FFFF_FFFF_FFFF, using: &generator)))
        case 4, 5: return .string(text(&generator))
        case 6:
            return .array(
                (0..<Int.random(in: 0..<4, using: &generator)).map { _ in value(depth: depth - 1, &generator) })
        default:
            var members = JSON.Members()
            for _ in 0..<Int.random(in: 0..<4, using: &generator) {
                members[text(&generator)] = value(depth: depth - 1, &generator)
            }
            return .object(members)
        }
    }
}
