package dev.sluice.plugins.modelfallback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Scope;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Health;
import io.micrometer.core.instrument.Gauge;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The health of all targets of one place. Who is out is kept in the shared state too, so that reloads, new generations
 * and other nodes know it: written at once, read at the start and every second. Counts are each node's own. Thread-safe.
 */
final class HealthBoard {
    private static final Duration FRESH = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration REMEMBERED = Duration.ofMinutes(1);

    private record Out(long until, int ejections) {
        /** Null if it is not what {@link #toString} writes. */
        static @Nullable Out parse(String text) {
            int space = text.indexOf(' ');
            try {
                return new Out(Long.parseLong(text.substring(0, space)), Integer.parseInt(text.substring(space + 1)));
            } catch (RuntimeException notOurs) {
                return null;
            }
        }

        @Override
        public String toString() {
            return until + " " + ejections;
        }
    }

    private final Scope scope;
    private final Health rules;
    private final InstantSource clock;
    private final String prefix;
    private final Map<String, TargetHealth> all = new ConcurrentHashMap<>();
    private final Map<String, Out> known = new ConcurrentHashMap<>();

    /**
     * A board; reads what is known of these targets, and waits for it.
     *
     * @param names of all targets that there may be
     */
    HealthBoard(Scope scope, Health rules, InstantSource clock, Collection<String> names) {
        this.scope = scope;
        this.rules = rules;
        this.clock = clock;
        this.prefix = "out/" + scope.chain().route() + "/";
        names.forEach(this::recall);
        scope.every(FRESH, this::refresh);
    }

    private void recall(String name) {
        try {
            Optional<String> stored = scope.shared()
                    .get(prefix + name)
                    .toCompletableFuture()
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            Out out = stored.map(Out::parse).orElse(null);
            if (out != null) {
                known.put(name, out);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            scope.log().warn("it is not known whether target {} is out: the state cannot be read", name, e);
        }
    }

    TargetHealth of(String name) {
        TargetHealth there = all.get(name);
        return there != null ? there : all.computeIfAbsent(name, this::made);
    }

    private TargetHealth made(String name) {
        long now = clock.millis();
        TargetHealth health = new TargetHealth(name, rules, now);
        Out out = known.remove(name);
        if (out != null) {
            health.adopt(now, out.until, out.ejections);
        }
        Gauge.builder("sluice_fallback_ejected", health, h -> h.isOut() ? 1 : 0)
                .tag("route", scope.chain().route())
                .tag("target", name)
                .register(scope.meters());
        return health;
    }

    /** What the other nodes have found. */
    private void refresh() {
        all.values().forEach(health -> {
            var unused = scope.shared().get(prefix + health.name()).thenAccept(stored -> apply(health, stored));
        });
    }

    private void apply(TargetHealth health, Optional<String> stored) {
        long now = clock.millis();
        Out out = stored.map(Out::parse).orElse(null);
        if (out != null && out.until > now && out.until > health.outUntil()) {
            health.adopt(now, out.until, out.ejections);
        } else if (stored.isEmpty() && health.isOutSinceBefore(now - 2 * FRESH.toMillis())) {
            // Somebody let it in again, or it was out so long ago that it is forgotten.
            health.restore(now);
        }
    }

    void answered(TargetHealth health, long begun) {
        if (health.answered(begun, clock.millis())) {
            forget(health);
            scope.log().info("target {} is back", health.name());
        }
    }

    void failed(TargetHealth health, boolean probe) {
        long now = clock.millis();
        if (health.failed(probe, now) && (health.isOut() || mayEject())) {
            Duration time = health.eject(now);
            Out out = new Out(now + time.toMillis(), health.ejections());
            var unused = scope.shared().put(prefix + health.name(), out.toString(), time.plus(REMEMBERED));
            scope.meters()
                    .counter(
                            "sluice_fallback_ejections_total",
                            "route",
                            scope.chain().route(),
                            "target",
                            health.name())
                    .increment();
            scope.log().warn("target {} is out for {} ms", health.name(), time.toMillis());
        } else if (probe) {
            health.releaseProbe();
        }
    }

    private boolean mayEject() {
        long out = all.values().stream().filter(TargetHealth::isOut).count();
        return (out + 1) * 100 <= (long) rules.maxEjected() * all.size();
    }

    private void forget(TargetHealth health) {
        var unused = scope.shared().remove(prefix + health.name());
    }

    /** An operator's word: lets one target in again, or all. */
    JsonNode restore(ObjectNode body) {
        String name = body.path("target").asText("");
        ArrayNode restored = JsonNodeFactory.instance.arrayNode();
        all.values().stream()
                .filter(health -> name.isEmpty() || name.equals(health.name()))
                .filter(TargetHealth::isOut)
                .forEach(health -> {
                    health.restore(clock.millis());
                    forget(health);
                    restored.add(health.name());
                });
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.set("restored", restored);
        return answer;
    }

    JsonNode shown() {
        long now = clock.millis();
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        new TreeMap<>(all).forEach((name, health) -> {
            long until = health.outUntil();
            ObjectNode one = tree.putObject(name);
            one.put("state", until == 0 ? "in" : until > now ? "ejected" : "probing");
            one.put("ejectedForMillis", until == 0 ? 0 : Math.max(0, until - now));
            one.put("ejections", health.ejections());
            if (health.latency() >= 0) {
                one.put("latencyMillis", health.latency());
            }
        });
        return tree;
    }
}
