// Servers elsewhere, as `watch`, `run --beside` and `replay --to` take them.

internal import ArgumentParser
internal import InspectorCore

/// The servers that become lanes, and how they are spoken to.
struct RemoteLanes {
    var targets: [RemoteTarget] = []
    var options = RemoteLane.Options()
}

/// How servers elsewhere are spoken to.
struct RemoteArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A field that each request to a server elsewhere is sent with. May be given more than once.",
            valueName: "name:value"))
    var header: [String] = []

    @Flag(help: "Send the request's own Host to a server elsewhere, and not the one of its address.")
    var passHost = false

    @Flag(
        help:
            "Take any certificate of a server elsewhere, also one that does not verify: whoever sits between reads all."
    )
    var insecure = false

    @Option(
        help: "How long a server elsewhere may take to begin its answer. (default: 30s)",
        transform: { try OptionRanges.serverTimeout.read($0) })
    var serverTimeout: UInt64 = 30_000_000_000

    /// The lanes of the servers that `texts` name.
    ///
    /// - Parameter allowRemote: whether they may be on other machines.
    /// - Throws: `UsageError`.
    func lanes(_ texts: [String], allowRemote: Bool) throws(UsageError) -> RemoteLanes {
        var lanes = RemoteLanes()
        for text in texts {
            let target: RemoteTarget
            do throws(RemoteTargetError) { target = try RemoteTarget(reading: text) } catch {
                throw UsageError(description: error.description)
            }
            guard !lanes.targets.contains(where: { $0.name == target.name }) else {
                throw UsageError(
                    description: "Two lanes are called \(target.name): name them apart, as one=URL two=URL.")
            }
            guard target.isLoopback || allowRemote else {
                throw UsageError(
                    description:
                        "\(target.url) is not on this machine. Requests, bursts and replays would be sent to it "
                        + "for real; add --allow-remote if that is meant.")
            }
            lanes.targets.append(target)
        }
        for text in header {
            guard let field = ReplayArguments.field(text: text),
                ReplayArguments.problem(name: field.name, value: field.value) == nil
            else {
                throw UsageError(
                    description: "--header \(text.madeVisible): write a field as NAME:VALUE, such as X-Api-Key:abc.")
            }
            lanes.options.headers.add(field.name, field.value)
        }
        lanes.options.keepsHost = passHost
        lanes.options.takesAnyCertificate = insecure
        lanes.options.answerSeconds = Double(serverTimeout) / 1e9
        return lanes
    }

    /// Refuses servers that are called as the lanes of an app beside them: "async is slower than async" says nothing.
    ///
    /// - Throws: `UsageError`.
    static func refuseHostedNames(_ lanes: RemoteLanes) throws(UsageError) {
        for target in lanes.targets {
            guard ExecutionMode(rawValue: target.name) != nil else { continue }
            throw UsageError(
                description: "The app's own lane is called \(target.name) too: give the server another name, as "
                    + "flask-\(target.name)=\(target.url).")
        }
    }

    /// What is sent where, once it leaves this machine; empty where it does not.
    static func warnings(_ lanes: RemoteLanes) -> [String] {
        lanes.targets.filter { !$0.isLoopback }.map {
            "\($0.name) is on another machine: every request, burst and replay is sent to \($0.url) for real."
        }
            + (lanes.options.takesAnyCertificate
                ? ["--insecure: certificates are not checked; whoever sits between can read and change everything."]
                : [])
    }
}
