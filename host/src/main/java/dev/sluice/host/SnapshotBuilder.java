package dev.sluice.host;

import dev.sluice.api.ConfigException;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import dev.sluice.host.OpenFilter.Identity;
import dev.sluice.host.OpenFilter.Surroundings;
import dev.sluice.host.config.Config;
import dev.sluice.host.config.Config.RouteConfig;
import dev.sluice.host.config.FilterUse;
import dev.sluice.host.config.Problem;
import dev.sluice.host.exchange.HostScope;
import dev.sluice.host.exchange.Loop;
import dev.sluice.host.exchange.Services;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.route.Chain;
import dev.sluice.host.route.HostConsumer;
import dev.sluice.host.route.HostProvider;
import dev.sluice.host.route.Route;
import dev.sluice.host.route.RouteTable;
import dev.sluice.host.route.Snapshot;
import dev.sluice.host.state.StateStores;
import dev.sluice.host.upstream.EndpointRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Builds snapshots out of configs: opens what is new, carries over as the same object what has not changed. A build that
 * fails closes what it had opened and changes nothing. Used by one thread at a time, never an event loop.
 */
final class SnapshotBuilder {

    /** What a build gives: a snapshot and its open filters, or what is wrong. */
    sealed interface Result permits Built, Failed {}

    /** A snapshot, not published yet. */
    record Built(Snapshot snapshot, Map<Identity, OpenFilter> open) implements Result {}

    /**
     * Nothing was built.
     *
     * @param culprits the generations of filters that could not be opened, in that order
     * @param hung whether the last of them did not come back from it
     */
    record Failed(List<Problem> problems, Set<PluginGeneration> culprits, boolean hung) implements Result {}

    private final Services services;
    private final Supplier<Loop> loops;
    private final StateStores state;
    private final EndpointRegistry endpoints;
    private final Executor closing;
    private final Duration openLimit;

    /**
     * A builder.
     *
     * @param endpoints what is known of endpoints so far
     * @param closing where scopes are closed, which may take its time
     * @param openLimit how long one filter's {@code open} may take
     */
    SnapshotBuilder(
            Services services,
            Supplier<Loop> loops,
            StateStores state,
            EndpointRegistry endpoints,
            Executor closing,
            Duration openLimit) {
        this.endpoints = endpoints;
        this.services = services;
        this.loops = loops;
        this.state = state;
        this.closing = closing;
        this.openLimit = openLimit;
    }

    /** Builds the snapshot of that number; {@code before} and {@code providersBefore} are those of the one that serves now. */
    Result build(
            long number, Config config, Map<Identity, OpenFilter> before, Map<String, HostProvider> providersBefore) {
        Build build = new Build(config, before, providersBefore);
        List<Route> routes;
        try (build.opener) {
            routes = build.routes();
        }
        if (!build.problems.isEmpty()) {
            build.opened.forEach(OpenFilter::close);
            return new Failed(build.problems, build.culprits, build.hung);
        }
        List<OpenFilter> used = List.copyOf(build.open.values());
        used.forEach(OpenFilter::use);
        build.carriedOver.forEach(OpenFilter::moveTo);
        Set<PluginGeneration> generations = new LinkedHashSet<>();
        used.forEach(filter -> generations.add(filter.identity().generation()));
        Snapshot snapshot = new Snapshot(
                number,
                config,
                new RouteTable(routes),
                build.providers,
                List.copyOf(generations),
                () -> closing.execute(() -> used.forEach(OpenFilter::unuse)));
        for (Route route : routes) {
            for (int i = 0; i < route.chain().size(); i++) {
                OpenFilter filter = build.byPlace.get(route.chain().entry(i));
                if (filter != null && !filter.identity().route().isEmpty()) {
                    filter.scope().place(snapshot, route, i);
                }
            }
        }
        return new Built(snapshot, Map.copyOf(build.open));
    }

    private final class Build {
        private final Config config;
        private final Map<Identity, OpenFilter> before;
        private final Map<String, HostProvider> providers = new LinkedHashMap<>();
        private final Map<String, HostConsumer> consumers;
        private final Map<Identity, OpenFilter> open = new LinkedHashMap<>();
        private final IdentityHashMap<Chain.Entry, OpenFilter> byPlace = new IdentityHashMap<>();
        private final List<OpenFilter> opened = new ArrayList<>();
        private final Map<OpenFilter, Surroundings> carriedOver = new HashMap<>();
        private final List<Problem> problems = new ArrayList<>();
        private final Set<PluginGeneration> culprits = new LinkedHashSet<>();
        private final Opener opener = new Opener(openLimit);
        private boolean hung;

        private Build(Config config, Map<Identity, OpenFilter> before, Map<String, HostProvider> providersBefore) {
            this.config = config;
            this.before = before;
            this.consumers = config.consumers().stream()
                    .map(HostConsumer::of)
                    .collect(Collectors.toUnmodifiableMap(HostConsumer::name, consumer -> consumer));
            config.providers().forEach((name, provider) -> {
                HostProvider old = providersBefore.get(name);
                boolean same = old != null && old.settings().equals(provider);
                providers.put(name, same ? old : new HostProvider(provider, endpoints.of(provider)));
            });
        }

        private List<Route> routes() {
            List<Chain.Entry> global = entries("", config.filters(), List.of());
            List<Route> routes = new ArrayList<>();
            for (RouteConfig route : config.routes()) {
                List<Chain.Entry> entries = new ArrayList<>(global);
                entries.addAll(entries(route.name(), route.filters(), config.filters()));
                routes.add(new Route(routes.size(), route, new Chain(entries)));
            }
            return routes;
        }

        private List<Chain.Entry> entries(String route, List<FilterUse> uses, List<FilterUse> outer) {
            List<FilterUse> whole = Stream.concat(outer.stream(), uses.stream()).toList();
            List<String> names = whole.stream().map(use -> use.filter().name()).toList();
            List<String> named = whole.stream()
                    .flatMap(use -> use.providers().stream())
                    .distinct()
                    .toList();
            Map<Identity, Integer> ordinals = new HashMap<>();
            List<Chain.Entry> entries = new ArrayList<>();
            for (int i = 0; i < uses.size(); i++) {
                FilterUse use = uses.get(i);
                int at = outer.size() + i;
                Identity first =
                        new Identity(use.filter().generation(), use.filter().name(), use.tree(), route, 0);
                int ordinal = ordinals.merge(first, 1, Integer::sum) - 1;
                Identity identity = new Identity(first.generation(), first.filter(), first.config(), route, ordinal);
                Surroundings surroundings = new Surroundings(
                        List.copyOf(names.subList(0, at)),
                        List.copyOf(names.subList(at + 1, names.size())),
                        named,
                        providers,
                        consumers);
                OpenFilter filter = carryOver(identity, surroundings);
                if (filter != null) {
                    carriedOver.put(filter, surroundings);
                } else if (!hung) {
                    // One that hangs has failed the build; a thousand like it must not be waited for.
                    filter = open(use, identity, surroundings);
                }
                if (filter != null) {
                    open.put(identity, filter);
                    Chain.Entry entry = new Chain.Entry(
                            use.filter().name(),
                            filter.factory(),
                            use.filter().generation(),
                            use.skipOnError(),
                            use.filter().descriptor().mediaTypes());
                    byPlace.put(entry, filter);
                    entries.add(entry);
                }
            }
            return entries;
        }

        private @Nullable OpenFilter carryOver(Identity identity, Surroundings surroundings) {
            OpenFilter filter = before.get(identity);
            return filter != null && filter.fits(surroundings) ? filter : null;
        }

        private @Nullable OpenFilter open(FilterUse use, Identity identity, Surroundings surroundings) {
            StateStores.Lease leased =
                    state.lease(identity.filter(), identity.generation().stateVersion(), use.redis());
            HostScope scope =
                    new HostScope(surroundings.owner(identity), services, loops, leased.state(), leased.release());
            try {
                FilterFactory factory = opener.call(() -> open(use.filter().plugin(), use.config(), scope));
                if (factory == null) {
                    throw new IllegalStateException("open returned null");
                }
                OpenFilter filter = new OpenFilter(identity, surroundings, factory, scope);
                opened.add(filter);
                return filter;
            } catch (ConfigException e) {
                String path = e.path().isEmpty() ? use.path() : use.path() + "." + e.path();
                problems.add(config.marks().problem(path, String.valueOf(e.getMessage())));
            } catch (Opener.OverdueException e) {
                hung = true;
                problems.add(cannotOpen(use, identity, String.valueOf(e.getMessage())));
            } catch (Throwable t) {
                problems.add(cannotOpen(use, identity, what(t)));
            }
            culprits.add(identity.generation());
            scope.close();
            return null;
        }

        private Problem cannotOpen(FilterUse use, Identity identity, String why) {
            return config.marks()
                    .problem(
                            use.path(),
                            "the filter " + identity.filter() + " of plugin " + identity.generation()
                                    + " cannot be opened: " + why);
        }

        /** Also the text of an exception is code of the plugin, and may fail. */
        private static String what(Throwable thrown) {
            try {
                return thrown.toString();
            } catch (Throwable alsoThrown) {
                return thrown.getClass().getName();
            }
        }

        @SuppressWarnings("unchecked")
        private static <C extends Record> FilterFactory open(FilterPlugin<C> plugin, Record config, Scope scope) {
            // The config was bound to the very record that this plugin declares.
            return plugin.open((C) config, scope);
        }
    }
}
