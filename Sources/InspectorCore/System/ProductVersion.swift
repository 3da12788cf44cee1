// The program's own name and version, as files, reports and exports say them.

/// What made a file.
package enum ProductVersion {
    package static let name = "inspector"
    package static let number = "0.1.0"
    /// Both: `inspector 0.1.0`.
    package static let text = "\(name) \(number)"
}
