"""Bars as SVG, the same bytes for the same figures; they follow the reader's light or dark page."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

_LABELS: Final = 270  # pixels to the left of the bars
_BARS: Final = 360
_VALUES: Final = 110
_ROW: Final = 22
_TOP: Final = 34
_STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}"
    ".title{font-weight:600}.bar{fill:#2563eb}.over{fill:#dc2626}.mark{stroke:#6b7280}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#60a5fa}.over{fill:#f87171}"
    ".mark{stroke:#9ca3af}}"
)


class Bar(NamedTuple):
    """A labelled length, and how it is said."""

    label: str
    value: float
    said: str


def bars(title: str, rows: Sequence[Bar], mark: float | None = None) -> str:
    """One row a bar, from zero; what is longer than the mark, a budget, stands out."""
    width, height = _LABELS + _BARS + _VALUES, _TOP + _ROW * len(rows) + 10
    longest = max((*(row.value for row in rows), mark or 0)) or 1
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text class="title" x="0" y="16">{escape(title)}</text>',
    ]
    for place, row in enumerate(rows):
        top = _TOP + _ROW * place
        length = max(1, round(_BARS * row.value / longest))
        kind = "over" if mark is not None and row.value > mark else "bar"
        drawn += [
            f'<text x="{_LABELS - 8}" y="{top + 13}" text-anchor="end">{escape(row.label)}</text>',
            f'<rect class="{kind}" x="{_LABELS}" y="{top + 2}" width="{length}" height="14"/>',
            f'<text x="{_LABELS + length + 6}" y="{top + 13}">{escape(row.said)}</text>',
        ]
    if mark is not None:
        x = _LABELS + round(_BARS * mark / longest)
        ends = f'x1="{x}" y1="{_TOP - 4}" x2="{x}" y2="{height - 6}"'
        drawn.append(f'<line class="mark" {ends} stroke-dasharray="4 3"/>')
    return "\n".join([*drawn, "</svg>", ""])
