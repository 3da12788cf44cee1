// {{$timestamp -1 d}}, {{$randomInt 1 6}}: what is asked for is sent, or the request is skipped; never something else.

import Testing

@testable import InspectorCore

@Suite struct DynamicValuesTests {
    private static func value(_ name: String) throws -> String {
        FormatCase.text(try DynamicValues(seed: 1).value(name: name, mark: 0, line: 1).bytes)
    }

    @Test(
        "a value that cannot be had as it is asked for skips its request, with why",
        arguments: [
            ("$timestamp 999999999999 y", "before 1970 or past the year 9999"),
            ("$timestamp -99 y", "before 1970"), ("$timestamp 9223372036854775807 ms", "past the year 9999"),
            ("$timestamp 1 fortnight", "fortnight is not a unit of time"), ("$timestamp 1", "a number and a unit"),
            ("$timestamp d", "a number and a unit"), ("$timestamp 1 d 2 h", "a number and a unit"),
            ("$timestamp 99999999999999999999 d", "a number and a unit"), ("$timestamp 1.5 d", "a number and a unit"),
            ("$isoTimestamp 1 D", "D is not a unit of time"), ("$isoTimestamp -1d", "a number and a unit"),
            ("$datetime iso8601 999999999999 y", "past the year 9999"), ("$datetime rfc1123 1 x", "not a unit of time"),
            ("$datetime \"YYYY\" 1", "a number and a unit"), ("$datetime \"YYYY", "quotes of its form do not end"),
            ("$datetime YYYY-MM-DD HH:mm", "a form with spaces stands in quotes"),
            ("$datetime rfc2822", "rfc2822 is not a form of a date"), ("$datetime \"\"", "not a form of a date"),
            ("$datetime \"DD MMM YYYY\"", "MMM in its form is not known"), ("$datetime \"hh:mm A\"", "hh in its form"),
            ("$localDatetime \"YYYY\" -1 century", "century is not a unit"),
            ("$randomInt 5 1", "no number from 5 up to 1"), ("$randomInt 5 5", "no number from 5 up to 5"),
            ("$randomInt 0", "no number from 0 up to 0"), ("$randomInt a b", "a is not a number"),
            ("$randomInt 1 2 3", "two numbers at most"), ("$randomInt 1.5 3", "1.5 is not a number"),
            ("$random.integer(1, 99999999999999999999)", "is not a number"),
            ("$random.float nan", "nan is not a number"),
            ("$random.float -1e308 1e308", "too far apart"), ("$random.alphabetic 99999999", "from 0 to 1000"),
            ("$random.alphabetic -5", "from 0 to 1000"), ("$random.alphanumeric x", "from 0 to 1000"),
            ("$random.hexadecimal 3 4", "from 0 to 1000"), ("$guid 4", "nothing should stand behind"),
            ("$randomBoolean 0.5", "nothing should stand behind"), ("$random.email ada", "nothing should stand behind"),
            ("$processEnv", "one name should stand"), ("$processEnv PATH HOME", "one name should stand"),
        ])
    func refused(name: String, words: String) throws {
        let index = try FormatCase.index("GET http://x/{{\(name)}}\n###\nGET http://x/ok\n", "x.http")
        #expect(try FormatCase.requests(index).map(\.target) == ["/ok"])
        let reason = try #require(index.skipped.keys.first)
        #expect(reason.hasPrefix("the variable \(name.prefix(60)) has no value: "), "\(reason)")
        #expect(reason.contains(words), "\(reason)")
    }

    @Test("a name that nobody knows has no value, and there is no more to say")
    func unknown() throws {
        for name in ["$nobody", "$timestamps", "$env.INSPECTOR_NOBODY", "$env.PATH x"] {
            let index = try FormatCase.index("GET http://x/{{\(name)}}\n", "x.http")
            #expect(index.skipped == ["the variable \(name) has no value": 1])
        }
    }

    @Test("offsets move the moment, whatever form it is written in")
    func offsets() throws {
        let values = DynamicValues(seed: 1)
        func value(_ name: String) throws -> String {
            FormatCase.text(try values.value(name: name, mark: 0, line: 1).bytes)
        }
        func seconds(_ name: String) throws -> Int { try #require(Int(try value(name))) }
        let now = try seconds("$timestamp")
        #expect(try seconds("$timestamp 1 d") == now + 86_400 && seconds("$timestamp -2 h") == now - 7200)
        #expect(try seconds("$datetime X 1 w") == now + 604_800 && seconds("$datetime \"X\" 1 m") == now + 60)
        for offset in ["", " -1 d", " 10 s", " 7000 y"] {
            let iso = try value("$isoTimestamp\(offset)")
            #expect(try value("$datetime\(offset)") == iso && value("$datetime iso8601\(offset)") == iso)
            #expect(try value("$datetime \"YYYY-MM-DD[T]HH:mm:ss.SSS\"\(offset)") + "Z" == iso)
            #expect(try value("$datetime 'YYYY-MM-DDTHH:mm'\(offset)") == String(iso.prefix(16)))
            let clock = iso.dropFirst(11).prefix(8)
            #expect(try value("$datetime rfc1123\(offset)").hasSuffix(" \(iso.prefix(4)) \(clock) GMT"))
        }
        #expect(try value("$datetime \"YYYY\" 7000 y") > "9000")
    }

    @Test("what is asked for within its bounds is given")
    func given() throws {
        for name in ["$randomInt", "$randomInt 5", "$randomInt 5 6", "$random.integer()", "$random.integer(-3, 3)"] {
            #expect(try Int(Self.value(name)) != nil, "\(name)")
        }
        #expect(try Self.value("$randomInt 5 6") == "5" && Double(Self.value("$random.float 0.5 1e3")) != nil)
        #expect(try Self.value("$random.alphabetic(8)").count == 8)
        #expect(try Self.value("$random.alphabetic 1000").count == 1000)
        #expect(try Self.value("$random.hexadecimal").count == 1 && Self.value("$random.alphanumeric 0").isEmpty)
        #expect(try Self.value("$guid()").count == 36 && Self.value("$random.email").hasSuffix("@example.org"))
        #expect(try Self.value("$datetime \"[at] YYYY\"").hasPrefix("at 2"))
    }
}
