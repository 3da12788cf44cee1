// What the framework itself throws where Flask raises an error of Python's.

/// An error of the framework itself, of a kind that Flask would raise in its place.
struct FrameworkError: KindedError, CustomStringConvertible {
    let kind: ErrorKind
    let description: String
}
