# SPDX-License-Identifier: Apache-2.0
"""Tables out of the records of a run: medians, ratios, and whether the targets are met."""
import statistics

MEMORY_TARGET_MIB = 64
NO_BUILDERS = ("floor", "cairn", "bwrap")


class Report:
    def __init__(self, records):
        self.machine = next((r for r in records if r["type"] == "machine"), {})
        self.rows = [r for r in records if r["type"] == "row"]
        self.failures = [r for r in records if r["type"] == "failed"]
        self.samples = {}
        for record in records:
            if record["type"] == "sample":
                self.samples.setdefault((record["row"], record["who"]), []).append(record)
        seen = {who for _, who in self.samples}
        self.builders = [who for who in self.machine.get("versions", {}) if who in seen and who not in NO_BUILDERS]

    def median(self, row, who, what="wall"):
        values = [s[what] for s in self.samples.get((row["row"], who), []) if what in s]
        return statistics.median(values) if values else None

    # --- ratios ---

    def of_floor(self, row):
        return ratio(self.median(row, "cairn"), self.median(row, "floor"))

    def best_peer(self, row):
        """(ratio to cairn, who), of the fastest builder."""
        times = [(self.median(row, who), who) for who in self.builders if self.median(row, who)]
        cairn = self.median(row, "cairn")
        if not times or not cairn:
            return None, None
        return min(times)[0] / cairn, min(times)[1]

    # --- tables ---

    def cells(self, row):
        targets = row["targets"]
        peer, who = self.best_peer(row)
        bwrap = ratio(self.median(row, "bwrap"), self.median(row, "cairn"))
        memory = self.median(row, "cairn", "rss_mib")
        cells = [row["title"], self.time(row, "floor"), self.time(row, "cairn"), f"{memory:.0f}" if memory else "-",
                 judged(self.of_floor(row), at_most=targets["floor"])]
        cells += [self.time(row, name) for name in self.builders]
        if self.builders:
            cells.append(judged(peer, at_least=targets["peer"]) + (f", {who}" if who else ""))
        cells.append(judged(bwrap, at_least=targets["bwrap"]))
        return cells

    def time(self, row, who):
        """Wall clock and, in brackets, CPU."""
        wall, cpu = self.median(row, who), self.median(row, who, "cpu")
        if wall is None:
            return "failed" if any(f["row"] == row["row"] and f["who"] == who for f in self.failures) else "-"
        return f"{wall * 1000:.1f} ({cpu * 1000:.1f}) ms" if wall < 0.1 else f"{wall:.2f} ({cpu:.2f}) s"

    def table(self, markdown):
        head = ["workload", "floor", "cairn", "MiB", "cairn / floor", *self.builders]
        head += ["best peer / cairn"] if self.builders else []
        head += ["bwrap / cairn"]
        lines = [self.cells(row) for row in self.rows if not row["family"]]
        if not any((row["row"], "bwrap") in self.samples for row in self.rows):
            head, lines = head[:-1], [line[:-1] for line in lines]
        return draw(head, lines, markdown) if lines else ""

    def growth(self, markdown):
        """How many times the cost grows when the size does."""
        head = ["size", "floor", "cairn", *self.builders, "size x", "floor x", "cairn x"]
        lines, before = [], None
        for row in (row for row in self.rows if row["family"]):
            family, size = row["family"]
            line = [row["title"]] + [self.time(row, who) for who in ("floor", "cairn", *self.builders)]
            if before and before["family"][0] == family:
                line.append(f"{size / before['family'][1]:.3g}")
                line += [plain(ratio(self.median(row, who), self.median(before, who))) for who in ("floor", "cairn")]
            else:
                line += ["", "", ""]
            lines.append(line)
            before = row
        return draw(head, lines, markdown) if lines else ""

    def notes(self):
        lines = []
        cairn = {row["row"]: self.median(row, "cairn", "rss_mib") or 0 for row in self.rows}
        if any(cairn.values()):
            row = max(cairn, key=cairn.get)
            line = f"Peak RSS of cairn: {cairn[row]:.0f} MiB ({row}; target {MEMORY_TARGET_MIB} MiB)"
            leanest = min(((self.peak(who), who) for who in self.builders), default=None)
            if leanest:
                line += f"; of the leanest peer, {leanest[1]}: {leanest[0]:.0f} MiB (target: 3 times cairn's)"
            lines.append(line + ".")
        for row in self.rows:
            size = self.median(row, "cairn", "times_zlib_6")
            if size:
                lines.append(f"{row['row']}: {size:.2f} times the size that zlib makes at level 6 (target 1.12).")
        for failure in self.failures:
            lines.append(f"{failure['row']}: {failure['who']} failed: {failure['why']}")
        return lines

    def peak(self, who):
        return max(self.median(row, who, "rss_mib") or 0 for row in self.rows)

    def where(self):
        machine = self.machine
        versions = ", ".join(f"{who} {version}" for who, version in machine["versions"].items())
        return (f"{machine['date']}, {machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']:.0f} GiB, "
                f"Linux {machine['kernel']}, {machine['file_system']}, load {machine['load']:.2f} at the start. "
                f"{versions}. Medians of {machine['reps']} runs ({machine['peer_reps']} of peers): wall clock, and "
                "CPU in brackets.")

    def text(self, markdown=False):
        tables = [table for table in (self.table(markdown), self.growth(markdown)) if table]
        notes = [("- " if markdown else "") + note for note in self.notes()]
        return "\n\n".join([self.where(), *tables, "\n".join(notes)]).rstrip() + "\n"


# --- cells ---

def ratio(a, b):
    return a / b if a is not None and b else None


def plain(value):
    return "-" if value is None else f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


def judged(value, at_most=None, at_least=None):
    """A ratio with its target, and a word when that is missed."""
    text = plain(value)
    if value is None or (at_most is None and at_least is None):
        return text
    met = value <= at_most if at_most is not None else value >= at_least
    sign, target = ("<=", at_most) if at_most is not None else (">=", at_least)
    return f"{text} ({'' if met else 'not '}{sign} {target:.3g}x)"


def draw(head, lines, markdown):
    if markdown:
        rule = ["---"] + ["---:"] * (len(head) - 1)
        return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines])
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(line, widths))) for line in [head, *lines])
