package dev.sluice.plugins.cache;

import dev.sluice.api.Usage;
import dev.sluice.plugins.cache.CacheConfig.Price;
import java.util.Comparator;
import java.util.Map;
import java.util.regex.Pattern;

/** What tokens cost. Immutable. */
final class Prices {
    private static final double MILLION = 1_000_000;

    private final Map<String, Price> exact;
    private final Map<Pattern, Price> globs;

    Prices(Map<String, Price> table) {
        this.exact = Map.copyOf(table);
        this.globs = new java.util.LinkedHashMap<>();
        table.entrySet().stream()
                .filter(entry -> entry.getKey().contains("*"))
                .sorted(Comparator.comparingInt(entry -> -entry.getKey().length()))
                .forEach(entry -> globs.put(pattern(entry.getKey()), entry.getValue()));
    }

    private static Pattern pattern(String glob) {
        return Pattern.compile(Pattern.quote(glob).replace("*", "\\E.*\\Q"), Pattern.DOTALL);
    }

    /** What that usage of that model costs; 0 if its price is not known. */
    double cost(String model, Usage usage) {
        Price price = exact.get(model);
        if (price == null) {
            price = globs.entrySet().stream()
                    .filter(glob -> glob.getKey().matcher(model).matches())
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(null);
        }
        if (price == null) {
            return 0;
        }
        double cached = price.cachedInput() == null ? price.input() : price.cachedInput();
        long plain = Math.max(0, usage.input() - usage.cachedInput());
        return (plain * price.input() + usage.cachedInput() * cached + usage.output() * price.output()) / MILLION;
    }
}
