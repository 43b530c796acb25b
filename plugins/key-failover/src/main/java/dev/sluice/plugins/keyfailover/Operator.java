package dev.sluice.plugins.keyfailover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the admin port shows of the keys, and lets an operator do with them. */
final class Operator {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})(s|m|h|d)");
    private static final int SHORTEST_ID = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Pools pools;

    private Operator(Pools pools) {
        this.pools = pools;
    }

    /** Shows {@code keys}, and offers {@code rest} and {@code restore}. */
    static void offer(Pools pools, Scope scope) {
        Operator operator = new Operator(pools);
        scope.show("keys", operator::all);
        scope.action("rest", body -> operator.act(body, List.of("provider", "key", "for"), Operator::rest));
        scope.action("restore", body -> operator.act(body, List.of("provider", "key"), Operator::restore));
    }

    private JsonNode all() {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        for (Pool pool : pools.all()) {
            ObjectNode shown = tree.putObject(pool.provider())
                    .put("healthy", pool.healthy())
                    .put("healthCheckModel", pool.checkModel());
            ArrayNode keys = shown.putArray("keys");
            pool.keys().forEach(key -> keys.add(one(pool, key)));
        }
        return tree;
    }

    private static ObjectNode one(Pool pool, PooledKey key) {
        Instant now = pool.now();
        KeyState state = key.state();
        ObjectNode tree = JsonNodeFactory.instance
                .objectNode()
                .put("key", key.credential().masked())
                .put("id", key.id())
                .put("state", state.isHealthy(now) ? "healthy" : word(state.condition()))
                .put("tokensLastMinute", key.tokens().sum(now))
                .put("underWay", key.underWay().get());
        if (state.trouble() != null) {
            tree.put("reason", state.trouble().word());
        }
        if (!state.detail().isEmpty()) {
            tree.put("seen", state.detail());
        }
        if (state.failures() > 0) {
            tree.put("failures", state.failures());
        }
        if (!state.isHealthy(now)) {
            tree.put("since", state.since().toString());
            if (!state.due().equals(Instant.MAX)) {
                boolean probed = state.condition() == KeyState.Condition.OUT;
                tree.put(probed ? "nextProbe" : "until", state.due().toString());
            }
        }
        return tree;
    }

    private static String word(KeyState.Condition condition) {
        return switch (condition) {
            case OUT -> "out";
            case HELD -> "held";
            default -> "resting";
        };
    }

    private JsonNode act(ObjectNode body, List<String> known, BiFunction<Instant, ObjectNode, KeyState> change) {
        body.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                throw new IllegalArgumentException(
                        "unknown field '" + field + "'; known are " + String.join(", ", known));
            }
        });
        Pool pool = pool(body.path("provider").asText());
        PooledKey key = key(pool, body.path("key").asText());
        KeyState wanted = change.apply(pool.now(), body);
        try {
            pool.apply(key, state -> wanted).toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalArgumentException("it holds on this node, but the shared state could not be written", e);
        }
        return one(pool, key);
    }

    private Pool pool(String name) {
        List<String> names = pools.all().stream().map(Pool::provider).toList();
        if (name.isEmpty() && names.size() == 1) {
            return pools.all().iterator().next();
        }
        return pools.all().stream()
                .filter(pool -> pool.provider().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'provider' must be one of " + names));
    }

    private static PooledKey key(Pool pool, String given) {
        List<PooledKey> found = pool.keys().stream()
                .filter(key -> given.length() >= SHORTEST_ID
                        && (key.id().startsWith(given)
                                || key.credential().masked().equals(given)
                                || (key.credential().masked().length() > SHORTEST_ID
                                        && key.credential().masked().endsWith(given))))
                .toList();
        if (found.size() != 1) {
            throw new IllegalArgumentException("'key' must be the id or the last four characters of one key; "
                    + (found.isEmpty() ? "none of provider '" : "several of provider '") + pool.provider()
                    + "' fit: see keys");
        }
        return found.get(0);
    }

    private static KeyState rest(Instant now, ObjectNode body) {
        if (!body.has("for")) {
            return KeyState.held(now, Instant.MAX);
        }
        Matcher given = DURATION.matcher(body.path("for").asText());
        if (!given.matches() || given.group(1).matches("0+")) {
            throw new IllegalArgumentException("'for' must be a duration like 90s, 10m, 2h or 7d; without it the key"
                    + " rests until it is restored");
        }
        long number = Long.parseLong(given.group(1));
        Duration time = switch (given.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
        return KeyState.held(now, now.plus(time));
    }

    private static KeyState restore(Instant now, ObjectNode body) {
        return KeyState.FRESH;
    }
}
