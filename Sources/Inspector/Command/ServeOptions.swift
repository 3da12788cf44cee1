// How an app is served, as `run` and `replay` take it.

internal import ArgumentParser
internal import InspectorCore

/// What is taken out of all that is written, exported and copied.
struct SecretOptions: ParsableArguments {
    @Option(
        help: "A name whose value is a secret too: of a header, a field, a member of JSON. May be given more than once."
    )
    var redact: [String] = []

    @Flag(help: "Keep passwords, tokens and cookies in what is recorded, exported and copied.")
    var noRedact = false

    var redaction: Redaction { Redaction(isOn: !noRedact, names: redact) }

    /// These options, with the names of the settings file.
    func filled(from settings: Settings) -> SecretOptions {
        var options = self
        options.redact += settings.redact
        return options
    }

    func validate() throws {
        for name in redact where !Redaction.isName(name) {
            throw ValidationError("--redact \(name): a name has a letter or a digit.")
        }
    }
}

/// Options of serving.
struct ServeOptions: ParsableArguments {
    @Option(
        help: "The port to listen on; 0 takes any free one. Unless named: 8080, or the next free one.",
        transform: { try OptionRanges.port.read($0) })
    var port: Int?

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Flag(help: "Listen beyond this machine, where --host says so: whoever reaches the address can use the app.")
    var expose = false

    @Option(
        help: "A host name that requests may name, besides localhost and 127.0.0.1. May be given more than once.")
    var allowHost: [String] = []

    @Option(help: "Record what is served into this file; it may not be there yet.")
    var record: String?

    @OptionGroup var secrets: SecretOptions

    @Flag(help: "Replace files that are there: the recording's, a report's.")
    var force = false

    @Option(
        help: "How large a file of the recording becomes before the next is begun, in MB. (default: 100)",
        transform: { try OptionRanges.recordSize.read($0) })
    var recordSize = 100

    @Option(
        help: "How much all files of the recording may take, in MB; the oldest are deleted. (default: 1024)",
        transform: { try OptionRanges.recordTotal.read($0) })
    var recordTotal = 1024

    @OptionGroup var export: ExportArguments

    @Flag(help: "Send to servers on other machines too. Every request, burst and replay goes to them for real.")
    var allowRemote = false

    @Flag(help: "Let the mouse select, scroll and drag; with shift the terminal still selects text.")
    var mouse = false

    /// Whether only this machine can reach the address.
    var isLoopback: Bool { OwnAddress.isLoopback(host) }

    /// The names that are answered to; nil for any: who listens beyond this machine is called by many.
    var hosts: HostHeaderRule? { isLoopback || !allowHost.isEmpty ? HostHeaderRule(more: allowHost) : nil }

    /// What is open to whom; nil while nobody but this machine can reach it.
    ///
    /// - Parameter traces: whether traces are handed out too.
    func exposure(traces: Bool) -> String? {
        guard !isLoopback else { return nil }
        return "Listening on \(host): whoever reaches it can use the app, its hooks and its upstream with it"
            + (traces ? ", and read every request's trace (--testing)" : "")
            + ". There is no TLS and no password; the lanes' own ports and the dashboard stay on this machine."
    }

    /// These options, with what the settings file says where the command line names nothing.
    func filled(from settings: Settings) -> ServeOptions {
        var options = self
        options.mouse = mouse || settings.usesMouse
        options.secrets = secrets.filled(from: settings)
        return options
    }

    /// How what is served is recorded, if it is.
    var recorder: Recorder.Options? {
        record.map { path in
            var options = Recorder.Options(path: path)
            options.redaction = secrets.redaction
            options.fileLimit = recordSize * 1024 * 1024
            options.totalLimit = recordTotal * 1024 * 1024
            return options
        }
    }

    func validate() throws {
        guard recordTotal >= recordSize else {
            throw ValidationError(
                "--record-size \(recordSize), --record-total \(recordTotal): the total is no less than one file.")
        }
        guard isLoopback || expose else {
            throw ValidationError(
                "--host \(host) would let whoever reaches this machine use the app. Add --expose if that is meant.")
        }
    }
}
