// Bytes as hexadecimal text.

extension Sequence<UInt8> {
    /// Two digits a byte, in lower case: `00ff`.
    package var hexText: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
