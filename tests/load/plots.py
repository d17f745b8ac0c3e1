"""Pictures for the documents, drawn from measured figures: `curves` of one value over another."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
# The same figures make the same file.
mpl.rcParams["svg.hashsalt"] = "boss"

import matplotlib.pyplot as plt  # noqa: E402 -- after its backend is chosen


def curves(
    lines: Mapping[str, Sequence[tuple[float, float]]],
    path: Path,
    *,
    title: str,
    x: str,
    y: str,
    log: str = "",
) -> None:
    """Draw a line through each series of points; `log` names the axes that are: "x", "xy"."""
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for name, points in lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(title=title, xlabel=x, ylabel=y)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
