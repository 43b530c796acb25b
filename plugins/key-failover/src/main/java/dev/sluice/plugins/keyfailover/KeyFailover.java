package dev.sluice.plugins.keyfailover;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.pf4j.Extension;

/** {@code key-failover}: many keys of one provider, of which a failing one is left alone until it works again. */
@Extension
public final class KeyFailover implements FilterPlugin<KeyFailoverConfig> {
    private static final List<String> IN_FAILOVER = List.of(
            "enabled",
            "failureThreshold",
            "successThreshold",
            "healthCheckInterval",
            "healthCheckTimeout",
            "healthCheckModel",
            "failoverOnStatus");
    private static final List<String> IN_RETRY = List.of("maxRetries", "retryTimeout", "retryOnStatus");

    private final InstantSource clock;
    private final RandomGenerator random;

    /** By the system's clock. */
    public KeyFailover() {
        this(InstantSource.system(), new SharedRandom());
    }

    KeyFailover(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** A thread's own, whoever asks. */
    private static final class SharedRandom implements RandomGenerator {
        @Override
        public long nextLong() {
            return ThreadLocalRandom.current().nextLong();
        }
    }

    @Override
    public String name() {
        return "key-failover";
    }

    @Override
    public Class<KeyFailoverConfig> configType() {
        return KeyFailoverConfig.class;
    }

    @Override
    public ObjectNode normalize(ObjectNode config) {
        onlyOne(config, "failover", IN_FAILOVER);
        onlyOne(config, "retryOnFailure", IN_RETRY);
        return config;
    }

    /** Defaults of the block would hide what stands beside it. */
    private static void onlyOne(ObjectNode config, String block, List<String> fields) {
        for (String field : fields) {
            if (config.has(block) && config.has(field)) {
                throw new ConfigException(
                        field, "belongs to '" + block + "', which is given too: write it there, or leave that out");
            }
        }
    }

    @Override
    public FilterFactory open(KeyFailoverConfig config, Scope scope) {
        Settings settings = Settings.of(config);
        if (!settings.enabled()) {
            return exchange -> Filter.PASS;
        }
        Scope.Chain chain = scope.chain();
        if (chain.route().isEmpty()) {
            throw new ConfigException(
                    "", "belongs into a route: its probes go through the route's ai-proxy; move it there");
        }
        for (String provider : settings.checkModels().keySet()) {
            if (!scope.providers().containsKey(provider)) {
                throw new ConfigException("healthCheckModels." + provider, "there is no provider '" + provider + "'");
            }
        }
        Pools pools = new Pools(settings, scope, clock, random);
        for (String provider : chain.providers()) {
            pools.open(provider);
        }
        Operator.offer(pools, scope);
        boolean othersHelp = chain.before().contains("model-fallback");
        return exchange -> new KeyFailoverFilter(exchange, pools, settings, othersHelp);
    }
}
