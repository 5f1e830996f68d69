"""What an evaluation found, as the command line says it: for machines without the long lists, for people in lines."""

from __future__ import annotations

from typing import Any


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """The report without its long lists."""
    if not report:
        return {}
    measures = {
        name: {key: measure.get(key) for key in ("value", "low", "high", "floor", "noise", "repeated")}
        for name, measure in report["measures"].items()
    }
    kept = {name: report[name] for name in ("verdict", "copies", "advice")}
    return {**kept, "measures": measures, "gap": report.get("gap"), "missed": len(report.get("missed", []))}


def measure_lines(report: dict[str, Any]) -> list[str]:
    """A line for each measure: the value, its interval, and what real pictures, noise and one picture repeated reach."""
    lines = [f"  {measure['title']}: {_measured(measure)}" for measure in report["measures"].values()]
    return [*lines, f"  Copies: {_copies(report['copies'])}"]


def _copies(copies: dict[str, Any]) -> str:
    if not copies["of"]:
        return f"not looked for. {copies['not_measured']}"
    return f"{copies['count']:,} of {copies['of']:,} look copied; of as many real pictures {copies['baseline']:.0f} would"


def _measured(measure: dict[str, Any]) -> str:
    if measure["value"] is None:
        return f"not measured. {measure['not_measured']}".strip()
    interval = f" ({measure['low']:.3g} to {measure['high']:.3g})" if measure["low"] is not None else ""
    sets = {"floor": "real pictures", "noise": "noise", "repeated": "one picture repeated"}
    known = [f", {what} {measure[key]:.3g}" for key, what in sets.items() if measure.get(key) is not None]
    return f"{measure['value']:.3g}{interval}{''.join(known)}"
