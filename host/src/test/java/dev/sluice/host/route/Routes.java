package dev.sluice.host.route;

import dev.sluice.api.Headers;
import dev.sluice.host.config.Config.Match;
import dev.sluice.host.config.Config.RouteConfig;
import dev.sluice.host.config.Config.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Routes and queries for the tests of this package. */
final class Routes {
    private static final Chain NO_FILTERS = new Chain(List.of());

    private Routes() {}

    /** A table of routes named by their place: r0, r1 and so on. */
    static RouteTable table(Match... matches) {
        return table(List.of(matches));
    }

    static RouteTable table(List<Match> matches) {
        return new RouteTable(IntStream.range(0, matches.size())
                .mapToObj(i -> route(i, matches.get(i)))
                .toList());
    }

    static Route route(int order, Match match) {
        String name = "r" + order;
        RouteConfig config =
                new RouteConfig(name, match, Timeouts.NONE, 1, null, false, List.of(), "routes[" + order + "]");
        return new Route(order, config, NO_FILTERS);
    }

    static Match path(@Nullable String path) {
        return new Match(path, List.of(), List.of(), List.of(), Map.of());
    }

    static Match host(String path, String... hosts) {
        return new Match(path, List.of(), List.of(hosts), List.of(), Map.of());
    }

    static Match model(@Nullable String path, String... models) {
        return new Match(path, List.of(models), List.of(), List.of(), Map.of());
    }

    static Match method(String path, String... methods) {
        return new Match(path, List.of(), List.of(), List.of(methods), Map.of());
    }

    static Match headers(String path, Map<String, String> headers) {
        return new Match(path, List.of(), List.of(), List.of(), headers);
    }

    static RouteQuery get(String path) {
        return new RouteQuery("localhost", path, "GET", new FixedHeaders(Map.of()));
    }

    static RouteQuery get(String host, String path) {
        return new RouteQuery(host, path, "GET", new FixedHeaders(Map.of()));
    }

    static RouteQuery get(String path, Map<String, List<String>> headers) {
        return new RouteQuery("localhost", path, "GET", new FixedHeaders(headers));
    }

    /** The answer in a word: a route's name, {@code model?} or {@code none}. */
    static String word(RouteQuery.Answer answer) {
        if (answer instanceof RouteQuery.Found found) {
            return found.route().name();
        }
        return answer instanceof RouteQuery.NeedsModel ? "model?" : "none";
    }

    /** Header fields that are only read. */
    static final class FixedHeaders implements Headers {
        private final Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

        FixedHeaders(Map<String, List<String>> fields) {
            fields.forEach((name, values) -> this.fields.put(name, List.copyOf(values)));
        }

        @Override
        public @Nullable String get(String name) {
            List<String> values = all(name);
            return values.isEmpty() ? null : values.get(0);
        }

        @Override
        public List<String> all(String name) {
            return fields.getOrDefault(name, List.of());
        }

        @Override
        public void set(String name, String value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void add(String name, String value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void remove(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<String> names() {
            List<String> lower = new ArrayList<>();
            fields.keySet().forEach(name -> lower.add(name.toLowerCase(Locale.ROOT)));
            return Set.copyOf(lower);
        }
    }
}
