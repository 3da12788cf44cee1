// The screen: frames onto the terminal, drawn by ncurses, and what comes from it as keys.
// Made, used and dropped on the process's main thread; elsewhere a resize comes seconds late.

internal import CInspectorSystem
internal import CNcurses
internal import Foundation
internal import Glibc
internal import InspectorCore

/// The terminal while the dashboard is up.
struct Terminal: ~Copyable {
    /// How a theme is chosen: by how many colours there are, and whether the terminal has said that its ground is light.
    struct Colors {
        /// Whether the terminal is to be asked for its ground.
        let asks: Bool
        let choice: (_ colors: Int, _ isLight: Bool?) -> ColorChoice
    }

    /// What one session of the keyboard may take before frames are shown again, in ns.
    private static let patience: UInt64 = 100_000_000
    /// How long a terminal may take to answer before the first frame, and to take the last bytes, in ms.
    private static let limits = (answer: 150, end: 200)

    /// Whether the user's own locale can show box characters.
    let isUTF8: Bool
    /// What has to be said of the terminal once.
    let note: String?
    /// How roles look on it.
    private(set) var theme: Theme

    private let line: TerminalLine
    private let sheet: UnsafeMutablePointer<FILE>
    private let colors: Colors
    private let caught: CaughtOutput?
    private var decoder: KeyDecoder
    private var shown = Frame(width: 0, height: 0)
    private var pairs: [Int: Int32] = [:]
    private var usesMouse = false
    /// Since when keys have been given without a pause.
    private var busySince: UInt64?

    private init(
        line: TerminalLine, sheet: UnsafeMutablePointer<FILE>, isUTF8: Bool, note: String?, colors: Colors,
        caught: CaughtOutput?
    ) {
        self.line = line
        self.sheet = sheet
        self.isUTF8 = isUTF8
        self.note = note
        self.colors = colors
        self.caught = caught
        theme = Theme.forTerminal(colors.choice(Int(cn_colors()), nil))
        decoder = KeyDecoder(Terminal.describedKeys())
    }

    /// Takes the terminal.
    ///
    /// - Throws: `TerminalRefusal` when there is none, or one that cannot be drawn on; nothing is changed then.
    static func open(caught: CaughtOutput?, colors: Colors) throws(TerminalRefusal) -> Terminal {
        let name = getenv("TERM").map { String(cString: $0) }
        if let refusal = TerminalNames.refusal(name: name) { throw refusal }
        guard let line = TerminalLine() else {
            throw TerminalRefusal(
                reason: "the terminal cannot be opened (/dev/tty: \(String(cString: strerror(errno)))).")
        }
        let isUTF8 = cn_set_locale()
        CrashGuard.catchPauses()
        var isOpen = false
        defer { if !isOpen { CrashGuard.releasePauses() } }
        let (sheet, description) = try start(name ?? "", line: line)
        guard CrashGuard.arm(terminal: line.descriptor, caught: caught), line.take() else {
            CrashGuard.disarm()
            throw TerminalRefusal(
                reason: "the terminal does not let its modes be set (\(String(cString: strerror(errno)))).")
        }
        isOpen = true
        let note = description == name ? nil : TerminalNames.note(name ?? "", drawnAs: description)
        var terminal = Terminal(
            line: line, sheet: sheet, isUTF8: isUTF8, note: note, colors: colors, caught: caught)
        terminal.begin()
        if colors.asks, TerminalNames.canBeAsked(description) { terminal.ask() }
        return terminal
    }

    /// Starts ncurses with the terminal's description, or the nearest there is.
    private static func start(
        _ name: String, line: TerminalLine
    ) throws(TerminalRefusal) -> (sheet: UnsafeMutablePointer<FILE>, description: String) {
        guard let sheet = cn_make_sheet(), let nothing = fopen("/dev/null", "re") else {
            throw TerminalRefusal(reason: "the screen has no memory (\(String(cString: strerror(errno)))).")
        }
        let size = line.size
        var hasDatabase = false
        for description in (TerminalNames.isName(name) ? [name] : []) + TerminalNames.near(name: name) {
            switch Int(cn_start(description, sheet, nothing, size.rows, size.columns)) {
            case CN_STARTED: return (sheet, description)
            case CN_CANNOT_PLACE:
                fclose(sheet)
                throw TerminalNames.cannotPlace(name)
            case CN_UNKNOWN: hasDatabase = true
            default: break
            }
        }
        fclose(sheet)
        throw TerminalNames.notFound(
            name: name, hasDatabase: hasDatabase, terminfo: getenv("TERMINFO").map { String(cString: $0) })
    }

    deinit {
        var isTaken = true
        if line.isOurs {
            line.write(Terminal.endings(usesMouse: usesMouse))
            cn_stop()
            line.write(Terminal.drawn(on: sheet))
            isTaken = line.flush(within: Terminal.limits.end)
            if !isTaken, CrashGuard.isArmed { _ = cs_restore_screen(line.descriptor) }
            line.giveBack()
        }
        CrashGuard.disarm()
        CrashGuard.releasePauses()
        // The lines that follow would wait for it for ever.
        if !isTaken {
            for stream in [1, 2, caught?.savedOutput ?? -1, caught?.savedError ?? -1] { cs_leave_stream(stream) }
        }
        fclose(sheet)
    }

    /// Columns and rows, now.
    var size: (width: Int, height: Int) { (Int(cn_columns()), Int(cn_rows())) }

    // MARK: Taking the terminal, and giving it back

    private static func endings(usesMouse: Bool) -> String {
        (usesMouse ? mouse(uses: false) : "") + "\u{1B}[?2004l"
    }

    /// Clicks, moves while a button is held, both in a form without a limit (xterm's modes 1000, 1002, 1006).
    private static func mouse(uses: Bool) -> String {
        uses ? "\u{1B}[?1000h\u{1B}[?1002h\u{1B}[?1006h" : "\u{1B}[?1006l\u{1B}[?1002l\u{1B}[?1000l"
    }

    /// What ncurses has drawn since the last time.
    private static func drawn(on sheet: UnsafeMutablePointer<FILE>) -> [UInt8] {
        let count = cn_sheet_count(sheet)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, taken in
            taken = cn_take_sheet(sheet, buffer.baseAddress, count)
        }
    }

    /// Asks for what the screen needs: whole pastes, and the mouse if it is ours.
    private func begin() {
        line.write(Terminal.drawn(on: sheet))
        line.write("\u{1B}[?2004h" + (usesMouse ? Terminal.mouse(uses: true) : ""))
    }

    /// Asks for the colour of the ground, and waits for the answer for a moment; one that comes later counts as well.
    private mutating func ask() {
        line.write(TerminalAnswer.question)
        let limit = MonotonicClock.now() + UInt64(Terminal.limits.answer) * 1_000_000
        var keys: [TerminalInput] = []
        var isOver = false
        while !isOver, CrashGuard.stopSignal == nil {
            let now = MonotonicClock.now()
            guard now < limit else { break }
            line.wait(milliseconds: Int((limit - now) / 1_000_000) + 1)
            decoder.take(line.read(), at: MonotonicClock.now())
            while let input = decoder.next() {
                switch input {
                case .key: keys.append(input)
                case .answer(let answer):
                    hear(answer)
                    isOver = isOver || answer == .attributes
                }
            }
        }
        decoder.giveBack(keys)
    }

    /// Chooses another theme when the terminal says that its ground is another one.
    private mutating func hear(_ answer: TerminalAnswer) {
        guard colors.asks, case .ground(let red, let green, let blue) = answer else { return }
        let isLight = ColorChoice.isLight(red: red, green: green, blue: blue)
        theme = Theme.forTerminal(colors.choice(Int(cn_colors()), isLight))
        forget()
    }

    /// Gives the terminal to the shell and stops, until somebody continues the process.
    ///
    /// - Parameter whole: whether the whole group stops, as at a `^Z`; else this process was asked alone.
    private mutating func suspend(whole: Bool) {
        if line.isOurs {
            line.write(Terminal.endings(usesMouse: usesMouse))
            cn_stop()
            line.write(Terminal.drawn(on: sheet))
            _ = line.flush(within: Terminal.limits.end)
            CrashGuard.setAway(true)
            line.giveBack()
        }
        cs_suspend(whole)
        _ = CrashGuard.takePause()
        _ = CrashGuard.takeContinuation()
    }

    /// Takes the terminal again.
    private mutating func comeBack() {
        CrashGuard.setAway(false)
        guard line.take() else { return CrashGuard.stop(by: SIGHUP) }
        forget()
        cn_flush()
        begin()
        _ = takeSize()
    }

    /// Does what has become of the process since the last key: stopped, continued, sent into the background, fetched from
    /// there; whether the screen has to be drawn anew.
    private mutating func hasChanged() -> Bool {
        if CrashGuard.takePause() { suspend(whole: false) }
        guard CrashGuard.stopSignal == nil else { return false }
        let isContinued = CrashGuard.takeContinuation()
        guard line.isInForeground else {
            // Reading and setting modes would stop the process here; what it serves goes on.
            CrashGuard.setAway(true)
            line.leave()
            return false
        }
        // Stopped by a signal that nobody can catch, and continued: the shell has set its own modes meanwhile.
        guard !line.isOurs || isContinued else { return false }
        comeBack()
        return true
    }

    /// Takes the terminal's size; whether it is another one.
    private func takeSize() -> Bool {
        let size = line.size
        guard size.rows != cn_rows() || size.columns != cn_columns() else { return false }
        cn_resize(size.rows, size.columns)
        return true
    }

    // MARK: Frames

    /// Shows `frame`: only the rows that differ from what is shown.
    ///
    /// - Returns: false when the terminal has not taken the last one yet: this one is left out then.
    @discardableResult
    mutating func show(_ frame: Frame) -> Bool {
        guard line.isOurs, CrashGuard.isArmed else { return false }
        line.flush()
        guard frame != shown else { return true }
        guard line.isIdle else { return false }
        let isWhole = frame.width != shown.width || frame.height != shown.height
        if isWhole { cn_clear() }
        for row in 0..<frame.height where isWhole || differs(frame, row: row) { draw(row, of: frame) }
        cn_flush()
        line.write(Terminal.drawn(on: sheet))
        shown = frame
        return true
    }

    /// Sends everything anew with the next frame.
    mutating func forget() {
        shown = Frame(width: 0, height: 0)
        cn_redraw()
    }

    /// Lets the mouse be read, or leaves it to the terminal.
    mutating func setMouse(_ uses: Bool) {
        guard uses != usesMouse else { return }
        usesMouse = uses
        decoder.readsMouse = uses
        if line.isOurs { line.write(Terminal.mouse(uses: uses)) }
    }

    /// Gives `text` to the terminal's clipboard (xterm's OSC 52); terminals that do not let programs do so ignore it.
    func copy(_ text: String) {
        guard line.isOurs else { return }
        line.write("\u{1B}]52;c;" + Data(text.utf8).base64EncodedString() + "\u{07}")
    }

    // MARK: Keys

    /// Waits for a key, `milliseconds` at most.
    mutating func readKey(waiting milliseconds: Int) -> Key? {
        guard CrashGuard.isArmed else {
            // The process ends on another thread; what is left to do here is to keep still.
            usleep(50_000)
            return nil
        }
        guard CrashGuard.stopSignal == nil else { return nil }
        if hasChanged() { return .resize }
        guard line.isOurs else {
            usleep(UInt32(min(max(1, milliseconds), 50)) * 1000)
            return nil
        }
        let start = MonotonicClock.now()
        // Keys that come without a pause must not keep the picture from being seen.
        if let busySince, start.subtractingSaturated(busySince) > Terminal.patience {
            self.busySince = nil
            return nil
        }
        let limit = start.addingSaturated(UInt64(max(0, milliseconds)) * 1_000_000)
        while CrashGuard.stopSignal == nil {
            if takeSize() { return .resize }
            if let key = nextKey() {
                if busySince == nil { busySince = start }
                return key
            }
            // A key may have given the terminal to the shell: to read from it would stop the process.
            guard line.isOurs else { break }
            let now = MonotonicClock.now()
            let deadline = decoder.deadline ?? .max
            // An escape is waited for to its end: a frame that is drawn meanwhile would make its time longer.
            let isEscape = deadline < now.addingSaturated(KeyDecoder.Patience.escape)
            let until = isEscape ? deadline : min(limit, deadline)
            line.wait(milliseconds: until > now ? Int(clamping: (until - now + 999_999) / 1_000_000) : 0)
            let bytes = line.read()
            let after = MonotonicClock.now()
            if bytes.isEmpty { decoder.settle(at: after) } else { decoder.take(bytes, at: after) }
            guard !decoder.hasNext else { continue }
            if (after >= limit && !isEscape) || CrashGuard.hasPause { break }
        }
        busySince = nil
        return nil
    }

    /// The next key that was decoded; what the terminal has answered is heard on the way, and what asks to stop is done.
    private mutating func nextKey() -> Key? {
        while let input = decoder.next() {
            switch input {
            case .answer(let answer):
                let before = theme.isLight
                hear(answer)
                if theme.isLight != before { return .resize }
            case .key(.control("\\")):
                // What the terminal itself makes of it while a program does not ask for every key.
                CrashGuard.stop(by: SIGQUIT)
                return nil
            case .key(.control("z")):
                suspend(whole: true)
                guard hasChanged() else { return nil }
                return .resize
            case .key(let key): return key
            }
        }
        return nil
    }

    /// What the description says of the keys that mean something here.
    private static func describedKeys() -> [[UInt8]: Key] {
        let names: [(String, Key)] = [
            ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right), ("kpp", .pageUp), ("knp", .pageDown),
            ("khome", .home), ("kend", .end), ("kent", .enter), ("kdch1", .delete), ("kbs", .backspace),
        ]
        var keys: [[UInt8]: Key] = [:]
        for (name, key) in names {
            guard let bytes = cn_key_bytes(name) else { continue }
            keys[Array(String(cString: bytes).utf8)] = key
        }
        return keys
    }

    private func differs(_ frame: Frame, row: Int) -> Bool {
        for column in 0..<frame.width where frame.cell(x: column, y: row) != shown.cell(x: column, y: row) {
            return true
        }
        return false
    }

    private mutating func draw(_ row: Int, of frame: Frame) {
        var column = 0
        while column < frame.width, let first = frame.cell(x: column, y: row) {
            var text = ""
            var next = column
            while let cell = frame.cell(x: next, y: row), cell.role == first.role, cell.isSelected == first.isSelected {
                text += cell.text
                next += 1
            }
            put(text, row: row, column: column, cell: first)
            column = next
        }
    }

    private mutating func put(_ text: String, row: Int, column: Int, cell: Cell) {
        let look = theme.look(of: cell)
        var style: Int32 = 0
        if look.isBold { style |= Int32(CN_BOLD) }
        if look.isDim { style |= Int32(CN_DIM) }
        if look.isReversed { style |= Int32(CN_REVERSE) }
        cn_put(Int32(row), Int32(column), text, style, pair(look: look))
    }

    /// The pair for a look's colours, made at its first use.
    private mutating func pair(look: Look) -> Int32 {
        if look.foreground < 0, look.background < 0 { return 0 }
        let key = (look.foreground + 1) * 1024 + look.background + 1
        if let known = pairs[key] { return known }
        let made = Int32(pairs.count + 1)
        cn_pair(made, Int32(look.foreground), Int32(look.background))
        pairs[key] = made
        return made
    }
}
