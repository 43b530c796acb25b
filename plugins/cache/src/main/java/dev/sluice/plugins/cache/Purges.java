package dev.sluice.plugins.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What was purged, and when: an answer that was asked for before that is gone, wherever it is kept. The marks are in the
 * shared state, so that all nodes and later generations know them; every node looks for new ones each second. Thread-safe.
 */
final class Purges {
    static final Duration REST = Duration.ofSeconds(1);

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String NAME = "purges";
    private static final Duration KEPT = Duration.ofDays(36_500);
    private static final int MOST = 500;
    private static final int TRIES = 10;

    private final SharedState shared;
    private final LongSupplier clock;

    /** Null until they have been read for the first time. */
    private volatile @Nullable List<Mark> marks;

    Purges(SharedState shared, LongSupplier clock) {
        this.shared = shared;
        this.clock = clock;
    }

    /**
     * What is purged: all that is of this route, model and consumer and has this key, where they are given.
     *
     * @param at up to when, in milliseconds
     */
    record Mark(
            @Nullable String route,
            @Nullable String model,
            @Nullable String consumer,
            @Nullable String key,
            long at) {
        boolean covers(String hash, Entry entry) {
            return entry.at() <= at
                    && (route == null || route.equals(entry.route()))
                    && (model == null || model.equals(entry.model()))
                    && (consumer == null || consumer.equals(entry.consumer()))
                    && (key == null || key.equals(hash));
        }

        private boolean means(Mark other) {
            return new Mark(route, model, consumer, key, 0)
                    .equals(new Mark(other.route, other.model, other.consumer, other.key, 0));
        }

        private ObjectNode tree() {
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("route", route)
                    .put("model", model)
                    .put("consumer", consumer)
                    .put("key", key)
                    .put("at", at);
        }

        private static Mark of(JsonNode tree) {
            return new Mark(
                    tree.path("route").textValue(),
                    tree.path("model").textValue(),
                    tree.path("consumer").textValue(),
                    tree.path("key").textValue(),
                    tree.path("at").asLong());
        }
    }

    /** Whether it can be told what was purged. */
    boolean known() {
        return marks != null;
    }

    /** Whether that answer is gone. */
    boolean cover(String hash, Entry entry) {
        List<Mark> all = marks;
        return all != null && all.stream().anyMatch(mark -> mark.covers(hash, entry));
    }

    int count() {
        List<Mark> all = marks;
        return all == null ? 0 : all.size();
    }

    /** Reads what the shared state holds. */
    CompletionStage<?> refresh() {
        return shared.get(NAME).thenCompose(text -> {
            List<Mark> found = read(text);
            marks = found == null ? everything() : found;
            return found == null ? change(UnaryOperator.identity(), TRIES) : CompletableFuture.completedFuture(null);
        });
    }

    /** Purges; here at once, elsewhere as soon as it is seen there. Fails if the shared state cannot be written. */
    CompletionStage<?> add(Mark mark) {
        List<Mark> before = marks;
        marks = with(before == null ? List.of() : before, mark);
        return change(all -> with(all, mark), TRIES);
    }

    private CompletionStage<?> change(UnaryOperator<List<Mark>> edit, int tries) {
        return shared.get(NAME).thenCompose(text -> {
            List<Mark> found = read(text);
            List<Mark> changed = edit.apply(found == null ? everything() : found);
            return shared.replace(NAME, text, write(changed), KEPT).thenCompose(done -> {
                if (done) {
                    marks = changed;
                    return CompletableFuture.completedFuture(null);
                }
                return tries > 1
                        ? change(edit, tries - 1)
                        : CompletableFuture.failedFuture(new IllegalStateException("others write it all the time"));
            });
        });
    }

    private static List<Mark> with(List<Mark> all, Mark mark) {
        List<Mark> more = new ArrayList<>(all);
        more.removeIf(other -> other.means(mark) && other.at() <= mark.at());
        more.add(mark);
        if (more.size() > MOST) {
            // The older half becomes one: more is purged than was asked for, never less.
            List<Mark> older = more.subList(0, MOST / 2);
            long at = older.stream().mapToLong(Mark::at).max().orElseThrow();
            older.clear();
            more.add(0, new Mark(null, null, null, null, at));
        }
        return List.copyOf(more);
    }

    private List<Mark> everything() {
        return List.of(new Mark(null, null, null, null, clock.getAsLong()));
    }

    /** The marks; null if nobody can tell what was purged. */
    private static @Nullable List<Mark> read(Optional<String> text) {
        if (text.isEmpty()) {
            return List.of();
        }
        try {
            List<Mark> all = new ArrayList<>();
            MAPPER.readTree(text.get()).forEach(tree -> all.add(Mark.of(tree)));
            return List.copyOf(all);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private static String write(List<Mark> marks) {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        marks.forEach(mark -> all.add(mark.tree()));
        return all.toString();
    }
}
