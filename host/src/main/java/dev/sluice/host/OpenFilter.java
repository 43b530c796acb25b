package dev.sluice.host;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Scope;
import dev.sluice.host.exchange.HostScope;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.route.HostConsumer;
import dev.sluice.host.route.HostProvider;
import java.util.List;
import java.util.Map;

/**
 * A filter that is open in one place of one chain: its factory and what it has acquired. Shared by all snapshots in which
 * nothing about that place has changed; closes with the last of
 * them. Holds its plugin's generation while it is open.
 */
final class OpenFilter {

    /**
     * What makes two places the same over reloads.
     *
     * @param route empty for a filter of all routes
     * @param ordinal counts equal entries of one route
     */
    record Identity(PluginGeneration generation, String filter, ObjectNode config, String route, int ordinal) {}

    /** What the filter sees of its surroundings, if it looks; {@code named} are the providers that the chain's configs name. */
    record Surroundings(
            List<String> before,
            List<String> after,
            List<String> named,
            Map<String, HostProvider> providers,
            Map<String, HostConsumer> consumers) {

        HostScope.Owner owner(Identity identity) {
            return new HostScope.Owner(
                    identity.filter,
                    new Place(identity.route, before, after, named),
                    Map.copyOf(providers),
                    Map.copyOf(consumers));
        }
    }

    private record Place(String route, List<String> before, List<String> after, List<String> providers)
            implements Scope.Chain {}

    private final Identity identity;
    private Surroundings surroundings;
    private final FilterFactory factory;
    private final HostScope scope;
    private int uses;

    OpenFilter(Identity identity, Surroundings surroundings, FilterFactory factory, HostScope scope) {
        this.identity = identity;
        this.surroundings = surroundings;
        this.factory = factory;
        this.scope = scope;
        identity.generation.hold();
    }

    Identity identity() {
        return identity;
    }

    FilterFactory factory() {
        return factory;
    }

    HostScope scope() {
        return scope;
    }

    /** Whether it may go on in these surroundings: what it has looked at is as it was. */
    boolean fits(Surroundings now) {
        boolean chain = !scope.hasReadChain()
                || (surroundings.before.equals(now.before)
                        && surroundings.after.equals(now.after)
                        && surroundings.named.equals(now.named));
        boolean providers = !scope.hasReadProviders() || surroundings.providers.equals(now.providers);
        boolean consumers = !scope.hasReadConsumers() || surroundings.consumers.equals(now.consumers);
        return chain && providers && consumers;
    }

    /** Lets it see these surroundings from now on; it fits them. */
    void moveTo(Surroundings now) {
        surroundings = now;
        scope.surroundings(now.owner(identity));
    }

    synchronized void use() {
        uses++;
    }

    /** One snapshot less; the last one closes the scope. */
    void unuse() {
        boolean last;
        synchronized (this) {
            last = --uses == 0;
        }
        if (last) {
            close();
        }
    }

    /** Closes its scope, and lets go of its generation. */
    void close() {
        scope.close();
        identity.generation.release();
    }
}
