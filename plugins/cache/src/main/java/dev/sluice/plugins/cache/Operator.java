package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Scope;
import dev.sluice.plugins.cache.CacheConfig.Sharing;
import dev.sluice.plugins.cache.Purges.Mark;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What the admin port shows of the answers, and lets an operator do with them. */
final class Operator {
    private static final List<String> FIELDS = List.of("route", "model", "consumer", "key");
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Place place;
    private final Purges purges;
    private final @Nullable String ownRoute;

    private Operator(Place place, Purges purges, Scope scope) {
        this.place = place;
        this.purges = purges;
        String route = scope.chain().route();
        this.ownRoute = route.isEmpty() || place.settings().sharing() == Sharing.GLOBAL ? null : route;
    }

    /** Shows the answers there are, and offers to purge them. */
    static void offer(Place place, Purges purges, Scope scope) {
        Operator operator = new Operator(place, purges, scope);
        scope.show("answers", operator::shown);
        scope.action("purge", operator::purge);
    }

    private JsonNode shown() {
        Settings settings = place.settings();
        return JsonNodeFactory.instance
                .objectNode()
                .put("entries", place.store().entries())
                .put("maxEntries", settings.maxEntries())
                .put("bytes", place.store().bytes())
                .put("maxBytes", settings.maxBytes())
                .put("waiting", place.flights().waiting())
                .put("purges", purges.count());
    }

    private JsonNode purge(ObjectNode body) {
        for (Map.Entry<String, JsonNode> field : body.properties()) {
            if (!FIELDS.contains(field.getKey())) {
                throw new IllegalArgumentException(
                        "unknown field '" + field.getKey() + "'; known are " + String.join(", ", FIELDS));
            }
            if (!field.getValue().isTextual() || field.getValue().textValue().isEmpty()) {
                throw new IllegalArgumentException(
                        "'" + field.getKey() + "' must be a text; leave it out to purge whatever it is");
            }
        }
        String route = body.has("route") ? body.get("route").textValue() : ownRoute;
        Mark mark = new Mark(
                route,
                body.path("model").textValue(),
                body.path("consumer").textValue(),
                body.path("key").textValue(),
                place.clock().getAsLong());
        var done = purges.add(mark).toCompletableFuture();
        int dropped = place.store().sweep();
        try {
            var unused = done.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalArgumentException(
                    "purged in this node's memory, but the shared state could not be written: do it again once it"
                            + " answers",
                    e);
        }
        return JsonNodeFactory.instance.objectNode().put("dropped", dropped);
    }
}
