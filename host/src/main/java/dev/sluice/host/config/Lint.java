package dev.sluice.host.config;

import dev.sluice.host.config.Config.Match;
import dev.sluice.host.config.Config.RouteConfig;
import dev.sluice.host.plugin.Descriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds what is right by every schema and still cannot work, and names the fix. */
final class Lint {
    /** Among the names of a descriptor: every filter that picks the target. */
    private static final String TARGET = "target";

    private final Places places;
    private final List<Problem> problems;

    Lint(Places places, List<Problem> problems) {
        this.places = places;
        this.problems = problems;
    }

    /**
     * Reports on all routes.
     *
     * @param global the filters of all routes
     * @param globalKnown whether all of those are installed
     */
    void check(List<FilterDraft> global, boolean globalKnown, List<RouteDraft> routes) {
        order(global, 0);
        same(global, 0);
        Map<String, RouteConfig> names = new HashMap<>();
        List<RouteConfig> before = new ArrayList<>();
        for (RouteDraft route : routes) {
            List<FilterDraft> chain = new ArrayList<>(global);
            chain.addAll(route.filters());
            order(chain, global.size());
            same(chain, global.size());
            if (globalKnown && route.known()) {
                requires(chain);
                target(route, chain);
            }
            RouteConfig config = route.config();
            if (config != null) {
                duplicate(config, names);
                shadowed(config, before);
                before.add(config);
            }
        }
    }

    /** Orders that cannot work; the first filters, the global ones, have been compared with one another before. */
    private void order(List<FilterDraft> chain, int compared) {
        for (int j = compared; j < chain.size(); j++) {
            FilterDraft lower = chain.get(j);
            for (FilterDraft upper : chain.subList(0, j)) {
                boolean wrong = names(lower.filter().descriptor().before(), upper)
                        || names(upper.filter().descriptor().after(), lower);
                if (wrong) {
                    problems.add(places.problem(
                            lower.entry(),
                            "'" + lower.name() + "' must stand before '" + upper.name() + "': move it up to "
                                    + upper.entry()));
                }
            }
        }
    }

    private void same(List<FilterDraft> chain, int compared) {
        for (int j = compared; j < chain.size(); j++) {
            FilterDraft lower = chain.get(j);
            chain.subList(0, j).stream()
                    .filter(upper -> upper.filter().equals(lower.filter())
                            && upper.tree().equals(lower.tree()))
                    .findFirst()
                    .ifPresent(upper -> problems.add(places.problem(
                            lower.entry(),
                            "'" + lower.name() + "' stands with the same config at " + upper.entry()
                                    + ": remove one of the two")));
        }
    }

    private void requires(List<FilterDraft> chain) {
        for (int i = 0; i < chain.size(); i++) {
            FilterDraft filter = chain.get(i);
            List<String> required = filter.filter().descriptor().requires();
            boolean met = required.isEmpty()
                    || chain.subList(i + 1, chain.size()).stream().anyMatch(after -> names(required, after));
            if (!met) {
                Stream<String> wanted = required.stream()
                        .map(name -> name.equals(TARGET) ? "a filter that picks the target" : "'" + name + "'");
                problems.add(places.problem(
                        filter.entry(),
                        "'" + filter.name() + "' does nothing without " + String.join(" or ", wanted.toList())
                                + " after it: add one, or remove '" + filter.name() + "'"));
            }
        }
    }

    private void target(RouteDraft route, List<FilterDraft> chain) {
        RouteConfig config = route.config();
        if (config == null) {
            return;
        }
        List<FilterDraft> pickers = chain.stream()
                .filter(filter -> filter.filter().descriptor().picksTarget())
                .toList();
        if (config.upstream() == null && pickers.isEmpty()) {
            problems.add(places.problem(
                    route.path(), "the route leads nowhere: add 'upstream', or a filter that picks a target"));
        } else if (config.upstream() != null && !pickers.isEmpty()) {
            problems.add(places.keyProblem(
                    route.path() + ".upstream",
                    "'" + pickers.get(0).name() + "' picks the target of this route: remove one of the two"));
        }
    }

    private void duplicate(RouteConfig route, Map<String, RouteConfig> names) {
        RouteConfig first = names.putIfAbsent(route.name(), route);
        if (first != null) {
            problems.add(places.problem(
                    route.path() + ".name",
                    places.quoted(route.path() + ".name", route.name()) + " is already the name of " + first.path()
                            + ": choose another"));
        }
    }

    private void shadowed(RouteConfig route, List<RouteConfig> before) {
        before.stream()
                .filter(earlier -> covers(earlier.match(), route.match()))
                .findFirst()
                .ifPresent(earlier -> problems.add(places.problem(
                        route.path(),
                        "never reached: " + earlier.path()
                                + " takes all that it matches: move this route up, or remove it")));
    }

    /** Whether the earlier match surely takes whatever the later one would: it asks for nothing that the later does not. */
    private static boolean covers(Match earlier, Match later) {
        return coversPath(earlier.path(), later.path())
                && coversAll(earlier.host(), later.host())
                && coversAll(earlier.method(), later.method())
                && coversAll(earlier.model(), later.model())
                && later.headers().entrySet().containsAll(earlier.headers().entrySet());
    }

    private static boolean coversPath(@Nullable String earlier, @Nullable String later) {
        if (earlier == null || earlier.equals("/**")) {
            return true;
        }
        if (later == null) {
            return false;
        }
        String prefix = earlier.substring(0, Math.max(0, earlier.length() - 2));
        boolean plainPrefix = earlier.endsWith("/**") && !prefix.contains("*");
        return earlier.equals(later) || (plainPrefix && later.startsWith(prefix));
    }

    private static boolean coversAll(List<String> earlier, List<String> later) {
        return earlier.isEmpty() || (!later.isEmpty() && (earlier.contains("*") || earlier.containsAll(later)));
    }

    private static boolean names(List<String> names, FilterDraft filter) {
        Descriptor descriptor = filter.filter().descriptor();
        return names.contains(descriptor.filter())
                || descriptor.aliases().stream().anyMatch(names::contains)
                || (descriptor.picksTarget() && names.contains(TARGET));
    }
}
