package dev.sluice.host.route;

import dev.sluice.host.route.RouteQuery.Answer;
import dev.sluice.host.route.RouteQuery.Found;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
    private int longestHostSuffix;

    /** A table of these routes, which are in config order. */
    public RouteTable(List<Route> routes) {
        this.routes = List.copyOf(routes);
        for (Route route : routes) {
            List<String> hosts = route.config().match().host();
            if (hosts.isEmpty()) {
                anyHost.add(route, null);
            }
            for (String host : hosts) {
                String lower = host.toLowerCase(Locale.ROOT);
                if (Glob.isLiteral(lower)) {
                    byHost.computeIfAbsent(lower, h -> new PathIndex()).add(route, null);
                } else if (lower.startsWith("*.") && Glob.isLiteral(lower.substring(1))) {
                    String suffix = lower.substring(1);
                    longestHostSuffix = Math.max(longestHostSuffix, suffix.length());
                    byHostSuffix.computeIfAbsent(suffix, h -> new PathIndex()).add(route, null);
                } else {
                    anyHost.add(route, lower);
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
            // A client may send a host of a thousand dots: no suffix is cut out that could not be in the map.
            int from = Math.max(0, host.length() - longestHostSuffix);
            for (int dot = host.indexOf('.', from); dot >= 0; dot = host.indexOf('.', dot + 1)) {
                PathIndex suffix = byHostSuffix.get(host.substring(dot));
                if (suffix != null) {
                    suffix.search(search);
                }
            }
        }
        anyHost.search(search);
    }

    /** A route under one key of the indexes, with what is left to be looked at there. */
    private static final class Candidate {
        final Route route;

        /** The segments of its path glob; null where the place in the index has told already. */
        final String @Nullable [] path;

        /** A glob; null where the index has told already. */
        final @Nullable String host;

        Candidate(Route route, String @Nullable [] path, @Nullable String host) {
            this.route = route;
            this.path = path;
            this.host = host;
        }
    }

    /** One look through the table: what is asked for, and the lowest route found so far. */
    private static final class Search {
        final RouteQuery query;
        final @Nullable String model;
        final boolean modelKnown;
        private String @Nullable [] segments;

        @Nullable
        Route best;

        Search(RouteQuery query, @Nullable String model, boolean modelKnown) {
            this.query = query;
            this.model = model;
            this.modelKnown = modelKnown;
        }

        /** Takes the first of these, which are in config order, that matches and is lower than the best so far. */
        void offer(List<Candidate> candidates) {
            for (int i = 0; i < candidates.size(); i++) {
                Candidate candidate = candidates.get(i);
                if (best != null && candidate.route.order() >= best.order()) {
                    return;
                }
                if (matches(candidate)) {
                    best = candidate.route;
                    return;
                }
            }
        }

        private boolean matches(Candidate candidate) {
            var match = candidate.route.config().match();
            if (!match.method().isEmpty() && !match.method().contains(query.method())) {
                return false;
            }
            if (candidate.host != null && !Glob.matches(candidate.host, query.host())) {
                return false;
            }
            if (candidate.path != null && !Glob.matchesSegments(candidate.path, segments())) {
                return false;
            }
            if (!match.headers().isEmpty() && !matchesHeaders(match.headers())) {
                return false;
            }
            return !modelKnown || match.model().isEmpty() || matchesModel(match.model());
        }

        private String[] segments() {
            String[] cut = segments;
            if (cut == null) {
                cut = Glob.segments(query.path());
                segments = cut;
            }
            return cut;
        }

        private boolean matchesHeaders(Map<String, String> wanted) {
            for (Map.Entry<String, String> header : wanted.entrySet()) {
                if (!query.hasHeader(header.getKey(), header.getValue())) {
                    return false;
                }
            }
            return true;
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

        void add(Route route, @Nullable String host) {
            String path = route.config().match().path();
            if (path == null) {
                root.below().add(new Candidate(route, null, host));
                return;
            }
            Node node = root;
            String[] segments = Glob.segments(path);
            for (int i = 1; i < segments.length; i++) {
                if (!Glob.isLiteral(segments[i])) {
                    boolean all = i == segments.length - 1 && segments[i].equals("**");
                    node.below().add(new Candidate(route, all ? null : segments, host));
                    return;
                }
                node = node.child(segments[i]);
            }
            node.here().add(new Candidate(route, null, host));
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

        /** What matters of a route that wants a model while the model is not known. */
        private record Shape(
                @Nullable String path, @Nullable String host, List<String> method) {}

        private final Map<String, Map<String, List<Candidate>>> byHeader = new HashMap<>();
        private final Map<String, List<Candidate>> byModel = new HashMap<>();
        private final Map<String, List<Candidate>> byModelPrefix = new HashMap<>();
        private final Set<Shape> shapes = new HashSet<>();
        private final List<Candidate> firstOfShape = new ArrayList<>();
        private final List<Candidate> rest = new ArrayList<>();
        private int longestModelPrefix;

        void add(Candidate candidate) {
            var match = candidate.route.config().match();
            if (!match.headers().isEmpty()) {
                Map.Entry<String, String> first =
                        match.headers().entrySet().iterator().next();
                byHeader.computeIfAbsent(first.getKey(), n -> new HashMap<>())
                        .computeIfAbsent(first.getValue(), v -> new ArrayList<>())
                        .add(candidate);
            } else if (!match.model().isEmpty()) {
                addByModel(candidate, match.model());
                if (shapes.add(new Shape(match.path(), candidate.host, match.method()))) {
                    firstOfShape.add(candidate);
                }
            } else {
                rest.add(candidate);
            }
        }

        private void addByModel(Candidate candidate, List<String> globs) {
            for (String model : globs) {
                int star = model.indexOf('*');
                if (star < 0) {
                    byModel.computeIfAbsent(model, m -> new ArrayList<>()).add(candidate);
                } else {
                    longestModelPrefix = Math.max(longestModelPrefix, star);
                    byModelPrefix
                            .computeIfAbsent(model.substring(0, star), m -> new ArrayList<>())
                            .add(candidate);
                }
            }
        }

        void search(Search search) {
            search.offer(rest);
            for (Map.Entry<String, Map<String, List<Candidate>>> header : byHeader.entrySet()) {
                for (String value : search.query.headers().all(header.getKey())) {
                    List<Candidate> routes = header.getValue().get(value);
                    if (routes != null) {
                        search.offer(routes);
                    }
                }
            }
            if (!search.modelKnown) {
                search.offer(firstOfShape);
                return;
            }
            String model = search.model;
            if (model == null) {
                return;
            }
            List<Candidate> exact = byModel.get(model);
            if (exact != null) {
                search.offer(exact);
            }
            if (!byModelPrefix.isEmpty()) {
                // A client may send a model of megabytes: no prefix is cut out that could not be in the map.
                int longest = Math.min(model.length(), longestModelPrefix);
                for (int end = 0; end <= longest; end++) {
                    List<Candidate> prefixed = byModelPrefix.get(model.substring(0, end));
                    if (prefixed != null) {
                        search.offer(prefixed);
                    }
                }
            }
        }
    }
}
