package dev.sluice.plugins.tokenratelimit;

import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Price;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What tokens cost, by model: its name, else the longest glob that matches. Immutable. */
final class Prices {
    private record ByGlob(int length, Predicate<String> models, Price price) {}

    private final Map<String, Price> exact;
    private final List<ByGlob> globs;

    Prices(Map<String, Price> table) {
        List<ByGlob> found = new ArrayList<>();
        table.forEach((model, price) -> found.add(new ByGlob(model.length(), Texts.glob(model), price)));
        found.sort(Comparator.comparingInt(ByGlob::length).reversed());
        this.exact = Map.copyOf(table);
        this.globs = List.copyOf(found);
    }

    boolean isEmpty() {
        return exact.isEmpty();
    }

    @Nullable
    Price of(String model) {
        Price price = exact.get(model);
        if (price != null) {
            return price;
        }
        for (ByGlob glob : globs) {
            if (glob.models().test(model)) {
                return glob.price();
            }
        }
        return null;
    }
}
