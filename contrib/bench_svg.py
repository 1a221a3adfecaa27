# SPDX-License-Identifier: BSD-2-Clause
"""Drawing for contrib/bench-report: small SVGs that are readable in light and dark."""
from xml.sax.saxutils import escape


def number(v):
    return '%.0f' % v if v >= 100 else '%.1f' % v if v >= 10 else '%.2f' % v


STYLE = '''<style>
.bg{fill:#fff}.t{fill:#1f2328}.s{fill:#59636e}.o{fill:#1565c0}.p{fill:#9aa5b1}
.l{stroke:#1f2328}.g{stroke:#d0d7de}.r{stroke:#c2410c}.m{stroke:#15803d}
@media (prefers-color-scheme:dark){
.bg{fill:#0d1117}.t{fill:#e6edf3}.s{fill:#9198a1}.o{fill:#58a6ff}.p{fill:#57606a}
.l{stroke:#e6edf3}.g{stroke:#30363d}.r{stroke:#fb923c}.m{stroke:#4ade80}}
</style>'''


def svg(width, height, parts):
    head = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" '
            'font-size="12">' % (width, height, width, height))
    return '\n'.join([head, STYLE, '<rect class="bg" width="100%" height="100%"/>'] + parts + ['</svg>']) + '\n'


def text(x, y, what, css='t', more=''):
    return '<text class="%s" x="%.1f" y="%.1f"%s>%s</text>' % (css, x, y, ' ' + more if more else '', escape(what))


def line(x1, y1, x2, y2, css, more=''):
    return '<path class="%s" d="M%.1f %.1fL%.1f %.1f"%s/>' % (css, x1, y1, x2, y2, ' ' + more if more else '')


def plot_panels(panels):
    """Horizontal bars, a panel for each figure: (title, [(name, (median, least, most), is ours)]); whiskers are the spread."""
    panel_w, row_h, label_w, cols = 400, 22, 112, 2
    if not panels:
        return svg(panel_w, 40, [text(12, 25, 'not measured')])
    out, y = [], 0
    for i in range(0, len(panels), cols):
        pair = panels[i:i + cols]
        for k, (title, bars) in enumerate(pair):
            x, top = panel_w * k + 12, y + 20
            out.append(text(x, top, title, 't', 'font-weight="bold"'))
            most = max((f[2] for _, f, _ in bars if f), default=1) or 1
            scale = (panel_w - label_w - 80) / most
            for j, (name, f, is_ours) in enumerate(bars):
                at = top + 8 + j * row_h
                out.append(text(x, at + 14, name))
                if not f:
                    out.append(text(x + label_w, at + 14, 'missing', 's'))
                    continue
                out += ['<rect class="%s" x="%d" y="%d" width="%.1f" height="16"/>' %
                        ('o' if is_ours else 'p', x + label_w, at + 2, f[0] * scale),
                        line(x + label_w + f[1] * scale, at + 10, x + label_w + f[2] * scale, at + 10, 'l'),
                        text(x + label_w + f[2] * scale + 5, at + 14, number(f[0]))]
        y += 44 + row_h * max(len(bars) for _, bars in pair)
    return svg(panel_w * cols, y + 4, out)
