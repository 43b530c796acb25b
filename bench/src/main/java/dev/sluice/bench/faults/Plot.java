package dev.sluice.bench.faults;

import dev.sluice.bench.faults.OverloadStory.Run;
import dev.sluice.bench.faults.OverloadStory.Sample;
import java.util.List;
import java.util.Locale;

/** The runs as an SVG, one under the other: requests in the model, and errors that callers saw, over time. */
final class Plot {
    private static final int LEFT = 60;
    private static final int WIDTH = 840;
    private static final int HEIGHT = 180;
    private static final int PANEL = 270;

    private final StringBuilder svg = new StringBuilder();
    private final int most;
    private final int seconds;
    private final double top;

    private Plot(List<Run> runs, int most, int seconds) {
        this.most = most;
        this.seconds = seconds;
        this.top = 1.1
                * runs.stream()
                        .flatMap(run -> run.samples().stream())
                        .mapToInt(sample -> Math.max(sample.running(), sample.errors()))
                        .reduce(most, Math::max);
    }

    /** Draws them on one scale. */
    static String of(List<Run> runs, int most, int seconds) {
        Plot plot = new Plot(runs, most, seconds);
        plot.add(
                "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' font-size='13'>%n",
                LEFT + WIDTH + 30, runs.size() * PANEL + 10);
        plot.add("<rect width='100%%' height='100%%' fill='white'/>%n");
        for (int i = 0; i < runs.size(); i++) {
            plot.panel(runs.get(i), i * PANEL + 40);
        }
        return plot.add("</svg>%n").toString().replace('\'', '"');
    }

    private void panel(Run run, int y) {
        int bottom = y + HEIGHT;
        add(
                "<text x='%d' y='%d' font-weight='bold'>%s: %d calls, %d errors, the model died %d times</text>%n",
                LEFT, y - 12, run.title(), run.calls(), run.errors(), run.deaths());
        double width = (double) WIDTH / run.samples().size();
        StringBuilder line = new StringBuilder();
        for (Sample sample : run.samples()) {
            double x = x(sample.second());
            if (sample.dead()) {
                add(
                        "<rect x='%.1f' y='%d' width='%.1f' height='%d' fill='#ddd'/>%n",
                        x - width, y, width + 0.2, HEIGHT);
            }
            if (sample.errors() > 0) {
                double height = sample.errors() / top * HEIGHT;
                add(
                        "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='#d33'/>%n",
                        x - width, bottom - height, width, height);
            }
            line.append(
                    String.format(Locale.ROOT, "%.1f,%.1f ", x - width / 2, bottom - sample.running() / top * HEIGHT));
        }
        add(
                "<polyline points='%s' fill='none' stroke='#06c' stroke-width='1.5'/>%n",
                line.toString().strip());
        double limit = bottom - most / top * HEIGHT;
        add(
                "<path d='M%d %.1fH%d' stroke='#888' stroke-dasharray='5 4'/><text x='%d' y='%.1f' fill='#666'>dies beyond %d</text>%n",
                LEFT, limit, LEFT + WIDTH, LEFT + 6, limit - 4, most);
        add("<path d='M%d %dV%dH%d' fill='none' stroke='black'/>%n", LEFT, y, bottom, LEFT + WIDTH);
        for (int second = 0; second <= seconds; second += 10) {
            add("<text x='%.1f' y='%d' text-anchor='middle'>%d s</text>%n", x(second), bottom + 17, second);
        }
        for (int value = 0; value <= most; value += most / 2) {
            add(
                    "<text x='%d' y='%.1f' text-anchor='end'>%d</text>%n",
                    LEFT - 6, bottom - value / top * HEIGHT + 4, value);
        }
        add(
                "<text x='%d' y='%d'><tspan fill='#06c'>requests in the model</tspan>, <tspan fill='#d33'>errors that callers saw"
                        + " in a quarter of a second</tspan>, <tspan fill='#888'>grey: the model is dead</tspan></text>%n",
                LEFT, bottom + 35);
    }

    private double x(double second) {
        return LEFT + second / seconds * WIDTH;
    }

    private StringBuilder add(String format, Object... values) {
        return svg.append(String.format(Locale.ROOT, format, values));
    }
}
