// Names in events: a number that stands for a text, so that an event has a fixed size and costs no allocation.
// Names that an app registers are interned for ever; texts that requests bring along stay with their request.

internal import Glibc
internal import Synchronization

/// Stands for a text in an event.
///
/// There are two kinds. An **interned** label is for names that come from the program (hooks, endpoints, error kinds):
/// the table only grows, and is capped. A **request's own** label is for texts that come with traffic (the path of an
/// external call, an error's message): it is kept by its `RequestLog` and goes with it.
public struct Label: Hashable, Sendable {
    /// The number in the event.
    ///
    /// The top bit says that the text is the request's own.
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Interns `text`.
    ///
    /// May be called from any thread; take it out of hot paths by keeping the label.
    public init(_ text: String) { self = LabelTable.shared.intern(text) }

    /// No text.
    public static let none = Label(rawValue: 0)

    package static let ownBit: UInt32 = 1 << 31

    package var isOwn: Bool { rawValue & Label.ownBit != 0 }

    /// The text of an interned label; empty for `.none` and for a request's own label.
    public var text: String { self == .none ? "" : LabelTable.shared.text(label: self) }

    /// The interned text as bytes that are never freed, for a signal handler to print.
    package var immortalText: UnsafePointer<CChar>? { LabelTable.shared.immortalText(label: self) }
}

/// All interned texts of the process.
private final class LabelTable: Sendable {
    static let shared = LabelTable()

    /// More distinct names than any program registers; past it a caller interns texts that belong to requests.
    private static let capacity = 65_536

    private struct State: ~Copyable {
        var numbers: [String: UInt32] = [:]
        var texts: [String] = ["", "(more names)"]
        var bytes: [UInt] = [0, 0]
    }

    private let state = Mutex(State())

    func intern(_ text: String) -> Label {
        if text.isEmpty { return .none }
        return state.withLock { state in
            if let number = state.numbers[text] { return Label(rawValue: number) }
            guard state.texts.count < LabelTable.capacity else { return Label(rawValue: 1) }
            let number = UInt32(state.texts.count)
            state.texts.append(text)
            state.bytes.append(UInt(bitPattern: strdup(text)))
            state.numbers[text] = number
            return Label(rawValue: number)
        }
    }

    func text(label: Label) -> String {
        state.withLock { state in
            let place = Int(label.rawValue)
            return place < state.texts.count ? state.texts[place] : ""
        }
    }

    func immortalText(label: Label) -> UnsafePointer<CChar>? {
        state.withLock { state in
            let place = Int(label.rawValue)
            guard place < state.bytes.count else { return nil }
            return UnsafePointer<CChar>(bitPattern: state.bytes[place])
        }
    }
}
