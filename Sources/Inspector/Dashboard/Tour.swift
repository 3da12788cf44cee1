// Seven things to see, on live data: each step says what to look at and which key goes on, and ends when it was pressed.

internal import InspectorCore

/// A step of the tour.
struct TourStep: Sendable {
    let text: @Sendable (Glyphs) -> String
    /// Whether what it asks for has happened.
    let isDone: @Sendable (Model) -> Bool

    static let all: [TourStep] = [
        TourStep(
            text: {
                "Traffic first: \($0.enter) sends some, b a burst of 32 requests. Whatever you send with curl is here too."
            },
            isDone: { !$0.allNumbers.isEmpty }),
        TourStep(
            text: { glyphs in
                "Left, sync: \(glyphs.queued) is the queue, \(glyphs.blocked) a worker that a call holds. Right, async: "
                    + "\(glyphs.awaited.last ?? "") are calls that are awaited together. Choose a request with the arrows and open it "
                    + "with \(glyphs.enter)."
            },
            isDone: { $0.screen == .waterfall }),
        TourStep(
            text: { glyphs in
                "Its waterfall, lane by lane: in a row above, overlapping below, and in between what that came to. "
                    + "\(glyphs.critical) is on the critical path. A comma plays it again in slow motion."
            },
            isDone: { $0.transport?.request != nil }),
        TourStep(
            text: { _ in
                "Work goes to a sub-thread and comes back, call by call. esc leaves; t shows what each thread does now."
            },
            isDone: { $0.screen == .threads }),
        TourStep(
            text: { _ in
                "Workers that wait in a call, loops that wait for many. i shows each route under each mode, in numbers."
            },
            isDone: { $0.screen == .statistics }),
        TourStep(
            text: { glyphs in
                "By how much async is faster, route by route; \(glyphs.enter) goes to a route's requests. f shows what is worth "
                    + "telling of all of them."
            },
            isDone: { $0.screen == .findings }),
        TourStep(
            text: { _ in
                "What was seen, why it matters, what to try. Q answers ten questions; ? explains the screen one is on."
            },
            isDone: { model in
                if case .questions? = model.prompt { return true }
                return model.screen == .help
            }),
    ]
}

extension Model {
    /// Begins the tour, or ends it.
    mutating func toggleTour() {
        guard view.tour == nil else {
            view.tour = nil
            message = "The tour is over. H begins it again."
            return
        }
        view.tour = 0
        advanceTour()
    }

    /// Goes on with the tour when what the step asks for has happened.
    package mutating func advanceTour() {
        guard let step = view.tour, TourStep.all.indices.contains(step), TourStep.all[step].isDone(self) else { return }
        view.tour = step + 1
        if step + 1 == TourStep.all.count {
            view.tour = nil
            message = "That was the tour. : finds any action by name."
        }
    }

    /// What the tour says now; nil while there is none.
    package var tourText: String? {
        guard let step = view.tour, TourStep.all.indices.contains(step) else { return nil }
        return
            "Tour \(step + 1) of \(TourStep.all.count): \(TourStep.all[step].text(settings.glyphs)) (H ends the tour.)"
    }
}
