// Where the costs of a plan come from: a file, a measurement, or nowhere.

internal import ArgumentParser
internal import Foundation
internal import InspectorCore

/// Finds the costs that a plan counts.
struct CapacityCostsDesk {
    private let runner: CommandRunner
    private let arguments: CapacityArguments
    private let force: Bool

    init(runner: CommandRunner, arguments: CapacityArguments, force: Bool) {
        self.runner = runner
        self.arguments = arguments
        self.force = force
    }

    /// Puts them into the question of `answer`; withholds it where they could not be measured.
    func find(for answer: inout CapacityAnswer, traffic: TrafficSource, model: RecordedModelOptions) throws {
        switch arguments.costs {
        case .none: break
        case .file(let path): try read(path, into: &answer)
        case .measure: break
        }
    }

    /// Reads what `--save-costs` wrote.
    private func read(_ path: String, into answer: inout CapacityAnswer) throws {
        let json: JSON
        do { json = try JSON(parsing: Data(contentsOf: URL(fileURLWithPath: path))) } catch {
            throw FileProblem(path: path, reason: "it holds no costs (\(error))")
        }
        for mode in arguments.mode.modes {
            guard let found = json["costs_us"]?[mode.rawValue].flatMap(InstanceCosts.init(json:)) else {
                throw FileProblem(
                    path: path, reason: "it has no costs of \(mode.rawValue): --save-costs writes such a file")
            }
            answer.question.costs[mode] = found
        }
        answer.costs = "costs from \(path)"
        answer.isMeasured = true
    }
}
