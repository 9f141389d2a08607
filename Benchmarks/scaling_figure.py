"""The figure of scaling.py: one panel a size, in the look of Sources/ElboFigures/PlotStyle.swift."""
import os
import shutil
import statistics
import subprocess

import programs

FONT = "DejaVu Sans"
INK, AXIS, GRID, MEASURED, EXPECTED = "#222222", "#8a8a8a", "#e6e6e6", "#0072B2", "#D55E00"
# CSS pixels, of which the picture has two each way.
WIDTH, HEIGHT, COLUMNS = 960, 720, 2


def script(points, labels, path):
    rows = -(-len(labels) // COLUMNS)
    values = [v for p in points for v in p["ms"] + [p["expected"]]]
    low, high = min(values), max(values)
    lines = [
        "set encoding utf8",
        "set terminal pngcairo size %d,%d fontscale 2 linewidth 2 font '%s,10' background '#ffffff'" % (
            2 * WIDTH, HEIGHT * rows, FONT),
        "set output '%s'" % path,
        "set border 3 linewidth 1 linecolor rgb '%s'" % AXIS,
        "set tics nomirror out scale 0.5 textcolor rgb '%s'" % INK,
        "set grid linetype 1 linewidth 0.7 linecolor rgb '%s' back" % GRID,
        "set key left top Left reverse samplen 1.5 noautotitle textcolor rgb '%s'" % INK,
        "set logscale xy",
        # All panels share the vertical axis, so that slopes and heights compare.
        "set yrange [%g:%g]" % (low / 1.3, high * 2.2),
        "set multiplot layout %d,%d title 'A training step of vae-mnist, one size changed at a time' "
        "font '%s,12' textcolor rgb '%s'" % (rows, COLUMNS, FONT, INK),
    ]
    for axis, label in labels.items():
        chosen = [p for p in points if p["axis"] == axis]
        sizes = [p["point"][axis] for p in chosen]
        margin = 1.4
        lines += ["$points << END"]
        lines += ["%g %g %g %g %g" % (size, statistics.median(p["ms"]), min(p["ms"]), max(p["ms"]), p["expected"])
                  for size, p in zip(sizes, chosen)]
        lines += [
            "END",
            "set xrange [%g:%g]" % (sizes[0] / margin, sizes[-1] * margin),
            "set xtics (%s)" % ", ".join("'%s' %d" % (short(size), size) for size in sizes),
            "set xlabel '%s' textcolor rgb '%s'" % (label, INK),
            "set ylabel 'ms a step' textcolor rgb '%s'" % INK,
            "plot $points using 1:5 with lines linewidth 1.5 dashtype 2 linecolor rgb '%s' title 'expected', "
            "$points using 1:2:3:4 with yerrorbars pointtype 7 pointsize 1 linewidth 1 linecolor rgb '%s' "
            "title 'measured: median, range'" % (EXPECTED, MEASURED),
            # One legend serves all panels.
            "unset key",
        ]
    return "\n".join(lines + ["unset multiplot", "unset output"]) + "\n"


def short(size):
    """16000 as 16k."""
    return "%dk" % (size // 1000) if size >= 1000 and size % 1000 == 0 else str(size)


def draw(points, labels, path):
    """Draws the panels into a PNG that appears whole or not at all."""
    gnuplot = os.environ.get("ELBO_GNUPLOT") or shutil.which("gnuplot")
    if not gnuplot:
        raise programs.Failure("gnuplot is not there, and draws the figure: apt-get install gnuplot-nox")
    done = subprocess.run([gnuplot, "--default-settings"], input=script(points, labels, path + ".tmp"), text=True,
                          capture_output=True, env=dict(os.environ, LC_ALL="C.UTF-8"))
    if done.returncode != 0 or not os.path.exists(path + ".tmp"):
        raise programs.Failure("gnuplot: " + " ".join(done.stderr.split())[:300])
    os.replace(path + ".tmp", path)
