// Hello by Hummingbird: what a fast Swift framework gives, with nobody watching.

import Hummingbird
import Logging

let router = Router()
router.get("hello") { _, _ in "Hello, world!" }
let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
var logger = Logger(label: "hummingbird")
logger.logLevel = .error
let app = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger)
try await app.runService()
