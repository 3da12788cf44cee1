// An app is put together: its own registrations in order, then those of its blueprints, each in its place.

/// Where a registration belongs: the app, or a blueprint by its names from the outermost in.
struct RegistrationScope: Sendable {
    /// Dotted names, outermost first; empty for the app.
    var blueprints: [String] = []
    var prefix: String?
    /// The blueprint registers for all of the app.
    var isAppWide = false
    /// The blueprint is registered for the first time; what it registers for all of the app counts once.
    var isFirst = true

    var scope: String { isAppWide ? "" : blueprints.last ?? "" }

    /// The scope's name in traces.
    var label: Label { Label(scope.isEmpty ? "app" : scope) }

    /// The rule with the blueprint's prefix before it (`Flask: BlueprintSetupState.add_url_rule`).
    func rule(text: String) -> String {
        guard let prefix else { return text }
        if text.isEmpty { return prefix }
        return RegistrationScope.joined(prefix: prefix, rest: text)
    }

    func endpoint(name: String) -> String { (blueprints.last.map { $0 + "." } ?? "") + name }

    static func joined(prefix: String, rest: String) -> String {
        var prefix = prefix[...]
        while prefix.utf8.last == 0x2F { prefix.removeLast() }
        return prefix + "/" + rest.drop { $0 == "/" }
    }
}

/// An app while it is put together.
struct Assembly {
    var scopes: [String: ScopeTable] = [:]
    var routes: [Route] = []
    var teardownAppContext: [TeardownFunction] = []
    var receivers: [Signal: [SignalFunction]] = [:]
    var templates = TemplateSources()
    private(set) var problems: [String] = []
    /// All that was walked: of the app, of its blueprints, and of theirs.
    private(set) var members: [Registry] = []

    private let options: AppOptions
    private let converters: ConverterTable
    private var chains: [(blueprints: [String], number: Int)] = [([], 0)]
    private var seen: Set<ObjectIdentifier> = []
    /// Rules by what they match, for those that would never be reached.
    private var shapes: [[[RulePiece]]: [Int]] = [:]
    private var views: [String: Int] = [:]
    /// The blueprints' names, dotted.
    private var names: Set<String> = []

    init(app: App, options: AppOptions) {
        self.options = options
        converters = app.converters
        members.append(app.registry)
        for registration in app.registry.registrations { registration(&self, RegistrationScope()) }
        problems += templates.problems
    }

    mutating func report(_ problem: String) { problems.append(problem) }

    /// Walks a blueprint in its place.
    mutating func add(_ nested: NestedBlueprint, outer: RegistrationScope) {
        let name = outer.endpoint(name: nested.name)
        guard !nested.name.isEmpty, !nested.name.contains(".") else {
            return report("The blueprint name \"\(nested.name)\" cannot be used: a name is not empty and has no dot.")
        }
        guard names.insert(name).inserted else {
            return report(
                "The blueprint \(name) is registered twice under one name: give one of them another, with `name:`.")
        }
        guard outer.blueprints.count < 16 else {
            return report("The blueprint \(name) lies more than 16 deep: does one register itself?")
        }
        let blueprint = nested.blueprint
        let isFirst = seen.insert(ObjectIdentifier(blueprint)).inserted
        if isFirst { members += [blueprint.registry, blueprint.appWide.registry] }
        var prefix = outer.prefix
        if let own = nested.prefix { prefix = prefix.map { RegistrationScope.joined(prefix: $0, rest: own) } ?? own }
        let place = RegistrationScope(
            blueprints: outer.blueprints + [name], prefix: prefix, isFirst: isFirst)
        var appWide = place
        appWide.isAppWide = true
        for registration in blueprint.registry.registrations { registration(&self, place) }
        if isFirst {
            for registration in blueprint.appWide.registry.registrations { registration(&self, appWide) }
        }
        for child in blueprint.registry.blueprints { add(child, outer: place) }
    }

    /// Adds what `description` says, or a problem.
    mutating func add(_ description: RouteDescription, place: RegistrationScope) {
        let text = place.rule(text: description.rule)
        let rule: Rule
        do { rule = try Rule(text: text, converters: converters, mergesSlashes: options.mergesSlashes) } catch {
            return report("\(error)")
        }
        let endpoint = place.endpoint(name: description.endpoint ?? text)
        guard let view = description.view.map({ $0(Label(endpoint), place.label) }) ?? view(of: endpoint) else {
            return report("The rule \(text) is for the endpoint \(endpoint), which has no view. Register that first.")
        }
        if let problem = conflict(description: description, rule: rule, endpoint: endpoint) { return report(problem) }
        let methods = description.methods.map { $0.uppercased() }
        var all = Set(methods)
        if all.contains("GET") { all.insert("HEAD") }
        let hasOptions = all.contains("OPTIONS")
        let answersOptions = !hasOptions && description.options.hasAutomaticOptions
        if answersOptions { all.insert("OPTIONS") }
        let unknown = description.options.defaults.keys.filter { $0.isEmpty }
        if !unknown.isEmpty { report("A default of the rule \(text) has no name.") }
        routes.append(
            Route(
                rule: rule, endpoint: endpoint, methods: all, view: view,
                isStrict: description.options.isStrict ?? options.isStrictAboutSlashes,
                hasAutomaticOptions: answersOptions, defaults: description.options.defaults,
                chain: chain(of: place.blueprints), deadline: description.options.deadline,
                bodyLimit: description.options.bodyLimit))
        if views[endpoint] == nil { views[endpoint] = routes.count - 1 }
        shapes[rule.shape, default: []].append(routes.count - 1)
    }

    private func view(of endpoint: String) -> RouteView? { views[endpoint].map { routes[$0].view } }

    /// A rule that can never be reached, or an endpoint with two views.
    private func conflict(description: RouteDescription, rule: Rule, endpoint: String) -> String? {
        let methods = Set(description.methods.map { $0.uppercased() })
        for place in shapes[rule.shape] ?? [] {
            let other = routes[place]
            // An automatic HEAD or OPTIONS of the first takes those requests too.
            let common = other.methods.intersection(methods)
            guard common.isEmpty else {
                return
                    "The rules \(other.rule.text) (endpoint \(other.endpoint)) and \(rule.text) (endpoint \(endpoint)) "
                    + "take the same paths for \(common.sorted().joined(separator: ", ")): the second would never be "
                    + "reached."
            }
        }
        if description.endpoint != nil, description.view != nil, let first = views[endpoint] {
            return "The endpoint \(endpoint) has a view already, that of the rule \(routes[first].rule.text); the rule "
                + "\(rule.text) needs another endpoint."
        }
        return nil
    }

    private mutating func chain(of blueprints: [String]) -> Int {
        if let known = chains.first(where: { $0.blueprints == blueprints }) { return known.number }
        chains.append((blueprints, chains.count))
        return chains.count - 1
    }

    /// The app as lanes serve it.
    func table(options: AppOptions) -> AppTable {
        let app = scopes[""] ?? ScopeTable()
        let chains = chains.map { entry in
            let inner = entry.blueprints.reversed().map { scopes[$0] ?? ScopeTable() }
            return Chain(outermostFirst: [app] + inner.reversed(), innermostFirst: inner + [app])
        }
        return AppTable(
            router: Router(routes: routes, mergesSlashes: options.mergesSlashes), chains: chains,
            teardownAppContext: teardownAppContext.reversed(), receivers: receivers, options: options,
            templates: templates.compiled)
    }
}
