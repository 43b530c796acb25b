package dev.sluice.host.route;

import dev.sluice.host.route.RouteQuery.Answer;
import dev.sluice.host.route.RouteQuery.Found;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first route, in config order, that a request matches; what it costs depends on the request, not on how many
 * routes there are. Immutable.
 *
 * <p>Indexed by host (exact, {@code *.suffix}, any), then by the path's literal segments, then by what tells the routes
 * of one path apart: a header's value or the model.
 */
public final class RouteTable {
    private final List<Route> routes;
    private final Map<String, PathIndex> byHost = new HashMap<>();
    private final Map<String, PathIndex> byHostSuffix = new HashMap<>();
    private final PathIndex anyHost = new PathIndex();

    /** A table of these routes, which are in config order. */
    public RouteTable(List<Route> routes) {
        this.routes = List.copyOf(routes);
        for (Route route : routes) {
            List<String> hosts = route.config().match().host();
            if (hosts.isEmpty()) {
                anyHost.add(route);
            }
            for (String host : hosts) {
                String lower = host.toLowerCase(Locale.ROOT);
                if (Glob.isLiteral(lower)) {
                    byHost.computeIfAbsent(lower, h -> new PathIndex()).add(route);
                } else if (lower.startsWith("*.") && Glob.isLiteral(lower.substring(1))) {
                    byHostSuffix
                            .computeIfAbsent(lower.substring(1), h -> new PathIndex())
                            .add(route);
                } else {
                    anyHost.add(route);
                }
            }
        }
    }

    /** All routes, in config order. */
    public List<Route> routes() {
        return routes;
    }

    /** The route of a request whose model is not known: or that it is needed. */
    public Answer find(RouteQuery query) {
        Search search = new Search(query, null, false);
        search(search);
        Route best = search.best;
        if (best == null) {
            return RouteQuery.NOT_FOUND;
        }
        return best.config().match().model().isEmpty() ? new Found(best) : RouteQuery.NEEDS_MODEL;
    }

    /** The route of a request with that model; null: it has none. */
    public Answer find(RouteQuery query, @Nullable String model) {
        Search search = new Search(query, model, true);
        search(search);
        return search.best == null ? RouteQuery.NOT_FOUND : new Found(search.best);
    }

    private void search(Search search) {
        String host = search.query.host();
        PathIndex exact = byHost.get(host);
        if (exact != null) {
            exact.search(search);
        }
        if (!byHostSuffix.isEmpty()) {
            for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
                PathIndex suffix = byHostSuffix.get(host.substring(dot));
                if (suffix != null) {
                    suffix.search(search);
                }
            }
        }
        anyHost.search(search);
    }

    /** One look through the table: what is asked for, and the lowest route found so far. */
    static final class Search {
        final RouteQuery query;
        final @Nullable String model;
        final boolean modelKnown;

        @Nullable
        Route best;

        Search(RouteQuery query, @Nullable String model, boolean modelKnown) {
            this.query = query;
            this.model = model;
            this.modelKnown = modelKnown;
        }

        /** Takes the first of these, which are in config order, that matches and is lower than the best so far. */
        void offer(List<Route> candidates) {
            for (int i = 0; i < candidates.size(); i++) {
                Route route = candidates.get(i);
                if (best != null && route.order() >= best.order()) {
                    return;
                }
                if (matches(route)) {
                    best = route;
                    return;
                }
            }
        }

        private boolean matches(Route route) {
            var match = route.config().match();
            if (match.path() != null && !Glob.matchesPath(match.path(), query.path())) {
                return false;
            }
            if (!match.method().isEmpty() && !match.method().contains(query.method())) {
                return false;
            }
            if (!match.host().isEmpty() && !matchesHost(match.host())) {
                return false;
            }
            for (Map.Entry<String, String> header : match.headers().entrySet()) {
                if (!query.hasHeader(header.getKey(), header.getValue())) {
                    return false;
                }
            }
            return !modelKnown || match.model().isEmpty() || matchesModel(match.model());
        }

        private boolean matchesHost(List<String> globs) {
            for (String glob : globs) {
                if (Glob.matches(glob.toLowerCase(Locale.ROOT), query.host())) {
                    return true;
                }
            }
            return false;
        }

        private boolean matchesModel(List<String> globs) {
            if (model == null) {
                return false;
            }
            for (String glob : globs) {
                if (Glob.matches(glob, model)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Routes by the literal beginning of their path. */
    private static final class PathIndex {
        private final Node root = new Node();

        void add(Route route) {
            String path = route.config().match().path();
            if (path == null) {
                root.below().add(route);
                return;
            }
            Node node = root;
            String[] segments = path.split("/", -1);
            for (int i = 1; i < segments.length; i++) {
                if (!Glob.isLiteral(segments[i])) {
                    node.below().add(route);
                    return;
                }
                node = node.child(segments[i]);
            }
            node.here().add(route);
        }

        void search(Search search) {
            String path = search.query.path();
            Node node = root;
            int at = 0;
            while (true) {
                if (node.below != null) {
                    node.below.search(search);
                }
                if (at >= path.length()) {
                    if (node.here != null) {
                        node.here.search(search);
                    }
                    return;
                }
                int end = path.indexOf('/', at + 1);
                if (end < 0) {
                    end = path.length();
                }
                Node next = node.children == null ? null : node.children.get(path.substring(at + 1, end));
                if (next == null) {
                    return;
                }
                node = next;
                at = end;
            }
        }

        private static final class Node {
            @Nullable
            Map<String, Node> children;

            @Nullable
            Leaf here;

            @Nullable
            Leaf below;

            Node child(String segment) {
                Map<String, Node> map = children;
                if (map == null) {
                    map = new HashMap<>();
                    children = map;
                }
                return map.computeIfAbsent(segment, s -> new Node());
            }

            Leaf here() {
                Leaf leaf = here;
                if (leaf == null) {
                    leaf = new Leaf();
                    here = leaf;
                }
                return leaf;
            }

            Leaf below() {
                Leaf leaf = below;
                if (leaf == null) {
                    leaf = new Leaf();
                    below = leaf;
                }
                return leaf;
            }
        }
    }

    /** Routes of one path, told apart by a header or by the model. */
    private static final class Leaf {
        private final Map<String, Map<String, List<Route>>> byHeader = new HashMap<>();
        private final Map<String, List<Route>> byModel = new HashMap<>();
        private final Map<String, List<Route>> byModelPrefix = new HashMap<>();
        private final List<Route> withModel = new ArrayList<>();
        private final List<Route> rest = new ArrayList<>();

        void add(Route route) {
            var match = route.config().match();
            if (!match.headers().isEmpty()) {
                Map.Entry<String, String> first =
                        match.headers().entrySet().iterator().next();
                byHeader.computeIfAbsent(first.getKey(), n -> new HashMap<>())
                        .computeIfAbsent(first.getValue(), v -> new ArrayList<>())
                        .add(route);
            } else if (!match.model().isEmpty()) {
                withModel.add(route);
                for (String model : match.model()) {
                    if (Glob.isLiteral(model)) {
                        byModel.computeIfAbsent(model, m -> new ArrayList<>()).add(route);
                    } else {
                        byModelPrefix
                                .computeIfAbsent(model.substring(0, model.indexOf('*')), m -> new ArrayList<>())
                                .add(route);
                    }
                }
            } else {
                rest.add(route);
            }
        }

        void search(Search search) {
            search.offer(rest);
            for (Map.Entry<String, Map<String, List<Route>>> header : byHeader.entrySet()) {
                for (String value : search.query.headers().all(header.getKey())) {
                    List<Route> routes = header.getValue().get(value);
                    if (routes != null) {
                        search.offer(routes);
                    }
                }
            }
            if (!search.modelKnown) {
                search.offer(withModel);
                return;
            }
            String model = search.model;
            if (model == null) {
                return;
            }
            List<Route> exact = byModel.get(model);
            if (exact != null) {
                search.offer(exact);
            }
            if (!byModelPrefix.isEmpty()) {
                for (int end = 0; end <= model.length(); end++) {
                    List<Route> prefixed = byModelPrefix.get(model.substring(0, end));
                    if (prefixed != null) {
                        search.offer(prefixed);
                    }
                }
            }
        }
    }
}
