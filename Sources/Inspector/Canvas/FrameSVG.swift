// A frame as a picture: SVG with a cell grid, for documents and bug reports.

internal import InspectorCore

extension Frame {
    /// The frame as an SVG document in the colours of `theme`, whose ground is dark or light.
    ///
    /// Each run of cells of one look is one piece of text, stretched to its columns, so that the grid holds whatever
    /// font the viewer has.
    func svg(theme: Theme) -> String {
        let cell = (width: 8.4, height: 17.0)
        let ground = theme.isLight ? "#ffffff" : "#16181c"
        let ink = theme.isLight ? "#24292f" : "#c9d1d9"
        let size = (width: Double(width) * cell.width + 16, height: Double(height) * cell.height + 16)
        var svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(text(value: size.width)) \(text(value: size.height))" \
            font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" \
            xml:space="preserve">
            <rect width="100%" height="100%" rx="6" fill="\(ground)"/>

            """
        for row in 0..<height {
            var column = 0
            while column < width, let first = self.cell(x: column, y: row) {
                var run = ""
                var end = column
                while let next = self.cell(x: end, y: row), next.role == first.role, next.isSelected == first.isSelected
                {
                    run += next.text
                    end += 1
                }
                let look = theme.look(of: first)
                let x = 8 + Double(column) * cell.width
                let y = 8 + Double(row) * cell.height
                let length = Double(end - column) * cell.width
                let (front, back) = look.colors(ink: ink, ground: ground)
                if back != ground {
                    svg += "<rect x=\"\(text(value: x))\" y=\"\(text(value: y))\" width=\"\(text(value: length))\" "
                    svg += "height=\"\(text(value: cell.height))\" fill=\"\(back)\"/>\n"
                }
                if !run.allSatisfy({ $0 == " " }) {
                    svg +=
                        "<text x=\"\(text(value: x))\" y=\"\(text(value: y + 13))\" textLength=\"\(text(value: length))\" "
                    svg += "lengthAdjust=\"spacingAndGlyphs\" fill=\"\(front)\""
                    if look.isBold { svg += " font-weight=\"bold\"" }
                    if look.isDim { svg += " opacity=\"0.6\"" }
                    svg += ">\(run.safe(for: .svg))</text>\n"
                }
                column = end
            }
        }
        return svg + "</svg>\n"
    }

    /// A number with one digit after the point.
    private func text(value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}

extension Look {
    fileprivate func colors(ink: String, ground: String) -> (front: String, back: String) {
        let front = foreground < 0 ? ink : Palette256.hex(color: foreground)
        let back = background < 0 ? ground : Palette256.hex(color: background)
        return isReversed ? (back, front) : (front, back)
    }
}
