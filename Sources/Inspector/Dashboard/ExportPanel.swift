// What `e` can write: the screen, or requests as files of other programs.

/// Something that is exported.
package struct ExportChoice: Sendable, Equatable {
    /// The form of the files.
    package enum Form: Sendable, CaseIterable {
        case screen
        case chromeTrace
        case otlp
        case har
    }

    package let form: Form
    /// Whether all requests that are shown are meant, or the current one.
    package let isAll: Bool

    /// All that can be chosen, in order.
    package static let all: [ExportChoice] =
        [ExportChoice(form: .screen, isAll: false)]
        + Form.allCases.filter { $0 != .screen }.flatMap { form in
            [ExportChoice(form: form, isAll: false), ExportChoice(form: form, isAll: true)]
        }

    /// What the list calls it; `number` is the current request's.
    func words(_ number: UInt64?, count: Int) -> String {
        let which = isAll ? "all \(count) shown" : number.map { "#\($0)" } ?? "the request"
        return switch form {
        case .screen: "this screen, as text and as an SVG picture"
        case .chromeTrace: "\(which), as a trace for Perfetto (Chrome's trace format)"
        case .otlp: "\(which), as OTLP in JSON"
        case .har: "\(which), as HAR, with secrets taken out"
        }
    }
}

/// The list from which is chosen.
package struct ExportPanel: Sendable, Equatable {
    package var choice = 0

    package init() {}

    mutating func take(_ action: PromptAction?) {
        let count = ExportChoice.all.count
        switch action {
        case .previous: choice = (choice + count - 1) % count
        case .next: choice = (choice + 1) % count
        default: break
        }
    }
}
