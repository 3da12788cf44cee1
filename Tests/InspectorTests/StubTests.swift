import Testing
@Test("stub") func stub() { #expect(Bool(true)) }
