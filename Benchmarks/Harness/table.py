"""The closing table: each figure beside its limit."""

import unicodedata


class Table:
    HEADS = ["what", "measured", "beside it", "ratio", "aim", ""]

    def __init__(self):
        self.rows = []

    def add(self, what, measured, limit, ratio, aim, reached):
        """Adds a row; `reached` is None where there is no aim."""
        self.rows.append([what, measured, limit, ratio, aim, {True: "yes", False: "no", None: ""}[reached]])

    def text(self) -> str:
        """The table as Markdown, in columns that line up in a terminal too."""
        rows = [self.HEADS, *self.rows]
        widths = [max(width(row[column]) for row in rows) for column in range(len(self.HEADS))]

        def line(row):
            return "| " + " | ".join(cell + " " * (w - width(cell)) for cell, w in zip(row, widths)) + " |"

        rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
        return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
