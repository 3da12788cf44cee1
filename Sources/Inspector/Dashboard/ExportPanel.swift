// What `e` can write: the screen, or requests as files of other programs.

internal import InspectorCore

/// Something that is exported.
package struct ExportChoice: Sendable, Equatable {
    /// The form of the files.
    package enum Form: Sendable, Equatable {
        case screen
        /// A form of `TraceForms`, by its suffix.
        case traces(suffix: String)
        case har
        /// A recording of `inspector`: heads, bodies, lifecycles, marks and comments.
        case recording

        /// In the order of the list.
        static let all = [.screen] + TraceForms.all.map { Form.traces(suffix: $0.suffix) } + [.har, .recording]
    }

    package let form: Form
    /// Whether all requests that are shown are meant, or the current one.
    package let isAll: Bool

    /// All that can be chosen, in order.
    package static let all: [ExportChoice] =
        [ExportChoice(form: .screen, isAll: false)]
        + Form.all.filter { $0 != .screen }.flatMap { form in
            [ExportChoice(form: form, isAll: false), ExportChoice(form: form, isAll: true)]
        }

    /// What the list calls it; `number` is the current request's.
    func words(number: UInt64?, count: Int) -> String {
        let which = isAll ? "all \(count) shown" : number.map { "#\($0)" } ?? "the request"
        return switch form {
        case .screen: "this screen, as text and as an SVG picture"
        case .traces(let suffix): "\(which), \(TraceForms.form(file: "." + suffix)?.words ?? suffix)"
        case .recording: "\(which), as a recording: inspector open shows it, inspector replay sends it again"
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
