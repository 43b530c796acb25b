package dev.sluice.plugins.aistatistics;

import dev.sluice.api.Usage;
import dev.sluice.plugins.aistatistics.AiStatisticsConfig.Price;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/** What tokens cost. Immutable. */
final class Prices {
    private static final double MILLION = 1_000_000;

    private final Map<String, Price> table;

    Prices(Map<String, Price> table) {
        this.table = Map.copyOf(table);
    }

    /** What that usage of that model costs; empty: its price is not known. */
    Optional<Double> cost(String model, Usage usage) {
        Price exact = table.get(model);
        Optional<Price> price = exact != null
                ? Optional.of(exact)
                : table.entrySet().stream()
                        .filter(entry -> matches(entry.getKey(), model))
                        .max(Comparator.comparingInt(entry -> entry.getKey().length()))
                        .map(Map.Entry::getValue);
        return price.map(p -> cost(p, usage));
    }

    private static double cost(Price price, Usage usage) {
        long plain = Math.max(0, usage.input() - usage.cachedInput() - usage.cacheWrite());
        double cached = price.cachedInput() == null ? price.input() : price.cachedInput();
        double write = price.cacheWrite() == null ? price.input() : price.cacheWrite();
        return (plain * price.input()
                        + usage.cachedInput() * cached
                        + usage.cacheWrite() * write
                        + usage.output() * price.output())
                / MILLION;
    }

    /** Whether the text is as the glob says, in which {@code *} stands for any characters. */
    static boolean matches(String glob, String text) {
        int g = 0;
        int t = 0;
        int star = -1;
        int from = 0;
        while (t < text.length()) {
            if (g < glob.length() && glob.charAt(g) == '*') {
                star = g++;
                from = t;
            } else if (g < glob.length() && glob.charAt(g) == text.charAt(t)) {
                g++;
                t++;
            } else if (star >= 0) {
                g = star + 1;
                t = ++from;
            } else {
                return false;
            }
        }
        while (g < glob.length() && glob.charAt(g) == '*') {
            g++;
        }
        return g == glob.length();
    }
}
