# SPDX-License-Identifier: Apache-2.0
"""Figures: what was measured several times, and how it compares with what was measured beside it."""

import dataclasses
import statistics

PROCESSOR = ", processor time"
LOAD = ", load generator"


@dataclasses.dataclass
class Figure:
    """One thing that was measured, once for each repeat."""

    name: str
    unit: str
    against: str | None = None
    values: list = dataclasses.field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.values)


class Figures:
    """All figures of a run, by name, in the order in which they came."""

    def __init__(self):
        self.all = {}
        self.others = []

    def note(self, name, unit, value, against=None):
        figure = self.all.setdefault(name, Figure(name, unit, against))
        figure.values.append(value)

    def ratio(self, name):
        """Its median in terms of the median of what it was measured against."""
        figure = self.all[name]
        other = self.all.get(figure.against) if figure.against else None
        return figure.median / other.median if other and other.median else None

    def document(self):
        return [
            {"name": figure.name, "unit": figure.unit, "median": _round(figure.median), "min": _round(min(figure.values)),
             "max": _round(max(figure.values)), "ratio": _round(self.ratio(name)), "against": figure.against}
            for name, figure in self.all.items()]

    def table(self, scenario):
        """Lines for people. A rate has its costs on its own line."""
        lines = []
        for name, figure in self.all.items():
            if not name.startswith(f"{scenario}: ") or name.endswith((PROCESSOR, LOAD)):
                continue
            spread = f"({_short(min(figure.values))} to {_short(max(figure.values))})" if len(figure.values) > 1 else ""
            text = f"  {name.split(': ', 1)[1]:<66} {_short(figure.median):>9} {figure.unit:<10} {spread:<22}"
            cost = self.all.get(name + PROCESSOR)
            if cost:
                load = self.all[name + LOAD]
                text += f" {_short(cost.median):>7} ms each, load {_short(load.median)} ms"
            ratio = self.ratio(name)
            if ratio is not None:
                text += f"  {ratio:.2f} × {figure.against.split(': ', 1)[1]}"
            lines.append(text.rstrip())
        return lines


class Scope:
    """The figures of one scenario: every name begins with the scenario's."""

    def __init__(self, figures, scenario):
        self.figures, self.scenario = figures, scenario

    def _named(self, name):
        return f"{self.scenario}: {name}" if name else None

    def note(self, name, unit, value, against=None):
        self.figures.note(self._named(name), unit, value, self._named(against))

    def rate(self, name, unit, count, cost, against=None, seconds=None):
        """So many a second, with the processor time that each took: of what is measured with Postgres, and of the load."""
        if count <= 0:
            raise RuntimeError(f"{self.scenario}: {name}: nothing was done")
        self.note(name, unit, count / (seconds or cost.seconds), against)
        self.note(name + PROCESSOR, "ms", 1000 * cost.counted / count)
        self.note(name + LOAD, "ms", 1000 * cost.load / count)
        self.heed(cost)

    def heed(self, cost):
        """How much of the machine somebody else had meanwhile."""
        self.figures.others.append(cost.others / cost.seconds)

    def spread(self, name, values, against=None):
        """p50 and p99 of milliseconds."""
        for share, label in ((0.5, "p50"), (0.99, "p99")):
            self.note(f"{name}, {label}", "ms", percentile(values, share), f"{against}, {label}" if against else None)


def percentile(values, share):
    """Of a list that is not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _round(value):
    return None if value is None else float(f"{value:.6g}")


def _short(value):
    if abs(value) >= 100_000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"
