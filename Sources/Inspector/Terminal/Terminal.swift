// The only file that draws: frames onto a terminal by ncurses, and what the user types as keys.
// Made, used and dropped on the process's main thread; elsewhere a resize comes seconds late.

internal import CNcurses
internal import Foundation
internal import Glibc
internal import InspectorCore

/// The terminal while the dashboard is up.
struct Terminal: ~Copyable {
    /// Whether the user's own locale can show box characters.
    let isUTF8: Bool

    private let output: UnsafeMutablePointer<FILE>
    private let input: UnsafeMutablePointer<FILE>
    private var shown = Frame(width: 0, height: 0)
    /// How roles look on it.
    let theme: Theme
    private var pairs: [Int: Int32] = [:]
    private var usesMouse = false
    private var isDragging = false

    private init(
        output: UnsafeMutablePointer<FILE>, input: UnsafeMutablePointer<FILE>, isUTF8: Bool, theme: Theme
    ) {
        self.output = output
        self.input = input
        self.isUTF8 = isUTF8
        self.theme = theme
    }

    /// Takes the terminal; nil when there is none, or one that cannot place text.
    static func open(caught: CaughtOutput?, _ choice: (Int) -> ColorChoice) -> Terminal? {
        let name = getenv("TERM").map { String(cString: $0) } ?? ""
        guard !name.isEmpty, name != "dumb", let output = fopen("/dev/tty", "w"), let input = fopen("/dev/tty", "r")
        else { return nil }
        let isUTF8 = cn_set_locale()
        guard CrashGuard.arm(terminal: fileno(output), caught: caught), cn_start(output, input) else {
            CrashGuard.disarm()
            fclose(output)
            fclose(input)
            return nil
        }
        let theme = Theme.forTerminal(choice(Int(cn_colors())))
        return Terminal(output: output, input: input, isUTF8: isUTF8, theme: theme)
    }

    deinit {
        if usesMouse { sendMouse(false) }
        cn_stop()
        CrashGuard.disarm()
        fclose(output)
        fclose(input)
    }

    /// Columns and rows, now.
    var size: (width: Int, height: Int) { (Int(cn_columns()), Int(cn_rows())) }

    /// Shows `frame`: only the rows that differ from what is shown.
    ///
    /// - Returns: false when the terminal has not taken the last one yet: this one is left out then.
    @discardableResult
    mutating func show(_ frame: Frame) -> Bool {
        guard frame != shown else { return true }
        guard cn_can_write(output), CrashGuard.beginDrawing() else { return false }
        defer { CrashGuard.endDrawing() }
        let isWhole = frame.width != shown.width || frame.height != shown.height
        if isWhole { cn_clear() }
        for row in 0..<frame.height where isWhole || differs(frame, row) { draw(row, of: frame) }
        cn_flush()
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
        isDragging = false
        cn_use_mouse(uses)
        sendMouse(uses)
    }

    /// Asks for moves while a button is held too (xterm's mode 1002), which ncurses' own request leaves out.
    private func sendMouse(_ uses: Bool) {
        send(uses ? "\u{1B}[?1002h" : "\u{1B}[?1002l")
    }

    /// Gives `text` to the terminal's clipboard (xterm's OSC 52); terminals that do not let programs do so ignore it.
    func copy(_ text: String) {
        send("\u{1B}]52;c;" + Data(text.utf8).base64EncodedString() + "\u{07}")
    }

    private func send(_ text: String) {
        guard CrashGuard.beginDrawing() else { return }
        defer { CrashGuard.endDrawing() }
        cn_send(output, text, text.utf8.count)
    }

    /// Waits for a key, `milliseconds` at most.
    mutating func readKey(waiting milliseconds: Int) -> Key? {
        guard CrashGuard.isArmed else {
            // The process ends on another thread; what is left to do here is to keep still.
            usleep(50_000)
            return nil
        }
        var code: Int32 = 0
        switch Int(cn_read(Int32(clamping: milliseconds), &code)) {
        case CN_CHARACTER: return Terminal.key(character: code)
        case CN_KEY: return Int(code) == KEY_MOUSE ? readMouse() : Terminal.key(code: code)
        default: return nil
        }
    }

    private func differs(_ frame: Frame, _ row: Int) -> Bool {
        for column in 0..<frame.width where frame.cell(column, row) != shown.cell(column, row) { return true }
        return false
    }

    private mutating func draw(_ row: Int, of frame: Frame) {
        var column = 0
        while column < frame.width, let first = frame.cell(column, row) {
            var text = ""
            var next = column
            while let cell = frame.cell(next, row), cell.role == first.role, cell.isSelected == first.isSelected {
                text += cell.text
                next += 1
            }
            put(text, row, column, first)
            column = next
        }
    }

    private mutating func readMouse() -> Key? {
        var x: Int32 = 0
        var y: Int32 = 0
        func key(_ kind: Key.Mouse.Kind) -> Key { .mouse(Key.Mouse(kind, x: Int(x), y: Int(y))) }
        switch Int(cn_mouse(&x, &y)) {
        case CN_MOUSE_PRESS:
            isDragging = true
            return key(.press)
        case CN_MOUSE_MOVE: return isDragging ? key(.drag) : nil
        case CN_MOUSE_RELEASE:
            isDragging = false
            return nil
        case CN_MOUSE_WHEEL_UP: return key(.wheelUp)
        case CN_MOUSE_WHEEL_DOWN: return key(.wheelDown)
        default: return nil
        }
    }

    private mutating func put(_ text: String, _ row: Int, _ column: Int, _ cell: Cell) {
        let look = theme.look(of: cell)
        var style: Int32 = 0
        if look.isBold { style |= Int32(CN_BOLD) }
        if look.isDim { style |= Int32(CN_DIM) }
        if look.isReversed { style |= Int32(CN_REVERSE) }
        cn_put(Int32(row), Int32(column), text, style, pair(look))
    }

    /// The pair for a look's colours, made at its first use.
    private mutating func pair(_ look: Look) -> Int32 {
        if look.foreground < 0, look.background < 0 { return 0 }
        let key = (look.foreground + 1) * 1024 + look.background + 1
        if let known = pairs[key] { return known }
        let made = Int32(pairs.count + 1)
        cn_pair(made, Int32(look.foreground), Int32(look.background))
        pairs[key] = made
        return made
    }

    private static func key(character code: Int32) -> Key? {
        switch code {
        case 13, 10: return .enter
        case 27: return .escape
        case 9: return .tab
        case 8, 127: return .backspace
        case 1...26:
            return Unicode.Scalar(UInt32(code) + 96).map { .control(Character($0)) }
        default:
            guard code >= 32, let scalar = Unicode.Scalar(UInt32(code)) else { return nil }
            return .character(Character(scalar))
        }
    }

    private static func key(code: Int32) -> Key? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_ENTER: .enter
        case KEY_BACKSPACE: .backspace
        case KEY_DC: .delete
        case KEY_RESIZE: .resize
        default: nil
        }
    }
}
