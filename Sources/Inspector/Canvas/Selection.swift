// How a selected cell looks, and whether it can be read: by the colours that a palette of 256 has in every terminal.

internal import Glibc

extension Theme {
    /// How a cell looks, its selection included.
    ///
    /// On a ground of its own, both colours of a selected cell are chosen: a terminal's own text may be as dark as that
    /// ground. A role keeps its colour there only where it can be seen.
    func look(of cell: Cell) -> Look {
        var look = self[cell.role]
        guard cell.isSelected else { return look }
        let selected = self[.selected]
        look.isReversed = look.isReversed != selected.isReversed
        look.isBold = look.isBold || selected.isBold
        guard selected.background >= 0, look.background < 0 else { return look }
        look.background = selected.background
        look.isDim = false
        if look.foreground < 0
            || Palette256.contrast(one: look.foreground, other: selected.background) < Theme.leastContrast
        {
            look.foreground = selected.foreground
        }
        return look
    }

    /// What bars and bold words need to be told from their ground (WCAG 2, 1.4.11 and 1.4.3).
    static let leastContrast = 3.0
}

/// The colours of a palette of 256 (xterm's): sixteen named ones, which each terminal has its own way, a cube of six steps,
/// a row of greys.
enum Palette256 {
    private static let named: [(red: Int, green: Int, blue: Int)] = [
        (0x00, 0x00, 0x00), (0xCD, 0x31, 0x31), (0x0D, 0xBC, 0x79), (0xE5, 0xE5, 0x10), (0x24, 0x72, 0xC8),
        (0xBC, 0x3F, 0xBC), (0x11, 0xA8, 0xCD), (0xE5, 0xE5, 0xE5), (0x66, 0x66, 0x66), (0xF1, 0x4C, 0x4C),
        (0x23, 0xD1, 0x8B), (0xF5, 0xF5, 0x43), (0x3B, 0x8E, 0xEA), (0xD6, 0x70, 0xD6), (0x29, 0xB8, 0xDB),
        (0xFF, 0xFF, 0xFF),
    ]

    /// The parts of a colour, each from 0 to 255.
    static func parts(color: Int) -> (red: Int, green: Int, blue: Int) {
        switch color {
        case ..<16: return named[max(0, color)]
        case 16..<232:
            func step(_ place: Int) -> Int { place == 0 ? 0 : 55 + place * 40 }
            let cube = color - 16
            return (step(cube / 36), step(cube / 6 % 6), step(cube % 6))
        default:
            let grey = 8 + (min(255, color) - 232) * 10
            return (grey, grey, grey)
        }
    }

    /// `#87afd7`.
    static func hex(color: Int) -> String {
        let parts = Self.parts(color: color)
        return "#"
            + [parts.red, parts.green, parts.blue].map { value in
                let digits = String(value, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
    }

    /// How much two colours differ in brightness, from 1 to 21 (WCAG 2, contrast ratio).
    static func contrast(one: Int, other: Int) -> Double {
        contrast(one: parts(color: one), other: parts(color: other))
    }

    static func contrast(
        one: (red: Int, green: Int, blue: Int), other: (red: Int, green: Int, blue: Int)
    ) -> Double {
        let values = [luminance(parts: one), luminance(parts: other)].sorted()
        return (values[1] + 0.05) / (values[0] + 0.05)
    }

    private static func luminance(parts: (red: Int, green: Int, blue: Int)) -> Double {
        func linear(value: Int) -> Double {
            let part = Double(value) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(value: parts.red) + 0.7152 * linear(value: parts.green) + 0.0722
            * linear(value: parts.blue)
    }
}
