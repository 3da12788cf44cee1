// Numbers that look random and are the same for the same seed: what is chosen by one must not depend on the order in
// which it is asked.

/// SplitMix64's last step and FNV-1a, the two from which all seeded choices are made.
package enum SeededHash {
    /// Spreads `value` over all 64 bits; different values give different results (Steele, Lea, Flood: Fast splittable
    /// pseudorandom number generators, 2014).
    package static func mixed(value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// FNV-1a of a text, which goes on from an earlier hash.
    ///
    /// Its low bits are alike for alike texts: `mixed` spreads them.
    package static func fnv(text: String, from start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// A value from 0 up to 1, from the high bits of `value`.
    package static func share(_ value: UInt64) -> Double { Double(value >> 11) / Double(UInt64(1) << 53) }
}

/// SplitMix64: a sequence of numbers that is the same for the same seed.
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SeededHash.mixed(value: state)
    }
}
