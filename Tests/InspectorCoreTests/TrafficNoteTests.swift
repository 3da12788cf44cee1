// Remarks of the readers: what is to be said of many entries is said once.

import Testing

@testable import InspectorCore

@Suite struct TrafficNoteTests {
    @Test("the same sentence of many requests is said once, with how often and where first")
    func once() throws {
        let block = "###\n\nPOST http://x/a\n\nbody\n\n> {% client.log(\"x\") %}\n"
        let list = try FormatCase.index(String(repeating: block, count: 312), "x.http")
        #expect(list.entries.count == 312)
        #expect(
            list.notes.filter { $0.place != "file" }.map(\.description) == [
                "a script is not run (312 times, first at line 3)"
            ])
        let commands = try FormatCase.index(
            "curl http://x/a\n" + String(repeating: "curl --frobnicate http://x/a\n", count: 40), "x.sh")
        #expect(commands.says("--frobnicate is not known and is left out (40 times, first at line 2)"))
        let event = #""event":[{"script":{"exec":["x"]}}],"request":{"url":"http://x/","auth":{"type":"hawk"}}"#
        let collection = try FormatCase.index(
            #"{"info":{"schema":"https://schema.getpostman.com/v2.1.0/"},"item":[{\#(event)},{\#(event)}]}"#, "c.json")
        #expect(collection.says("the kind hawk is not made; it is sent without one (2 times, first at request 1)"))
    }

    @Test("entries that are skipped for one reason are one remark; one that stands alone has its place in front")
    func skipped() throws {
        func line(_ method: String) -> String {
            "10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] \"\(method) /x HTTP/1.1\" 200 12\n"
        }
        let log = try LogFile.index(line("GET") + line("POST") + line("PUT") + line("POST"))
        let words = log.notes.map(\.description)
        #expect(words.contains("skipped: its body is not in the log (POST) (2 times, first at line 2)"))
        #expect(words.contains("line 3: skipped: its body is not in the log (PUT)"))
        #expect(log.skipped == ["its body is not in the log": 3])
    }

    @Test("past five hundred different remarks the others are counted, and known ones go on")
    func limit() throws {
        let lines = (0..<600).map { "curl --odd\($0) http://x/a\n" }.joined()
        let index = try FormatCase.index(lines + "curl --odd0 http://x/a\n", "x.sh")
        #expect(index.notes.count == TrafficIndexBuilder.noteLimit)
        #expect(index.notes[0].count == 2 && index.notes[1].count == 1)
        // That the file has no times is one of them.
        #expect(index.moreNotes == 101)
    }

    @Test("one is one, and more are more")
    func numbers() throws {
        #expect(1.counted(one: "folder lies", many: "folders lie") == "1 folder lies")
        #expect(
            [0, 2].map { $0.counted(one: "folder lies", many: "folders lie") } == ["0 folders lie", "2 folders lie"])
        let record = "1 ab 5 0\nGET / HTTP/1.1\r\n\r\n" + TrafficFormatTests.separator
        let answer = "2 ab 6 1\nHTTP/1.1 200 OK\r\n\r\n" + TrafficFormatTests.separator
        #expect(try TrafficFormatTests.index(record + answer).says("1 record is an answer"))
    }
}
