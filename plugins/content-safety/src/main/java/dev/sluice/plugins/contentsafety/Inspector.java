package dev.sluice.plugins.contentsafety;

import dev.sluice.api.Exchange;
import dev.sluice.api.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Runs the engines over texts, in order: each sees them as those before it have masked them, and none is asked once
 * something has been found that blocks. Shared by all exchanges; its stages complete on the exchange's loop.
 */
final class Inspector {
    /** Longer texts are looked at off the event loop. */
    private static final int INLINE = 32 * 1024;

    /**
     * How one way is checked.
     *
     * @param allowOnFailure what an engine's failure means: that it has found nothing, or that nothing may pass
     * @param timeout for each engine outside
     */
    record Way(boolean allowOnFailure, Duration timeout) {}

    /** One engine, and which ways it looks. */
    record Placed(Engine engine, Set<Direction> directions) {}

    /** An engine could not be asked, and the operator does not let unchecked texts pass. */
    static final class Unavailable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unavailable(String engine, Throwable cause) {
            super("the engine '" + engine + "' failed", cause, false, false);
        }
    }

    private final List<Placed> engines;
    private final Map<Direction, Way> ways;
    private final Policy policy;
    private final SafetyMeters meters;
    private final Scope scope;

    Inspector(List<Placed> engines, Map<Direction, Way> ways, Policy policy, SafetyMeters meters, Scope scope) {
        this.engines = List.copyOf(engines);
        this.ways = Map.copyOf(ways);
        this.policy = policy;
        this.meters = meters;
        this.scope = scope;
    }

    boolean looks(Direction direction) {
        return engines.stream().anyMatch(engine -> engine.directions.contains(direction));
    }

    /**
     * What is found in the texts, each with what is done about it; nothing that just passes.
     *
     * @return fails with {@link Unavailable}
     */
    CompletionStage<List<Finding>> inspect(Exchange exchange, Direction direction, List<Text> texts) {
        List<Engine> asked = engines.stream()
                .filter(engine -> engine.directions.contains(direction))
                .map(Placed::engine)
                .toList();
        return new Run(exchange, direction, texts, asked).from(0);
    }

    private final class Run {
        private final Exchange exchange;
        private final Direction direction;
        private final List<Text> texts;
        private final List<Engine> asked;
        private final String consumer;
        private final List<Finding> found = new ArrayList<>();
        private final long length;

        Run(Exchange exchange, Direction direction, List<Text> texts, List<Engine> asked) {
            this.exchange = exchange;
            this.direction = direction;
            this.texts = texts;
            this.asked = asked;
            this.consumer = SafetyMeters.consumer(exchange);
            this.length = texts.stream().mapToLong(Text::length).sum();
        }

        CompletionStage<List<Finding>> from(int first) {
            if (first == asked.size() || found.stream().anyMatch(one -> one.action() == Action.BLOCK)) {
                return CompletableFuture.completedFuture(found);
            }
            if (asked.get(first) instanceof Engine.Outside outside) {
                return ask(outside).thenCompose(more -> next(more, first + 1));
            }
            List<Engine.Local> here = new ArrayList<>();
            int next = first;
            while (next < asked.size() && asked.get(next) instanceof Engine.Local local) {
                here.add(local);
                next++;
            }
            int then = next;
            return length <= INLINE
                    ? next(find(here), then)
                    : exchange.blocking(() -> find(here)).thenCompose(more -> next(more, then));
        }

        private CompletionStage<List<Finding>> next(List<Finding> more, int then) {
            for (Finding finding : more) {
                Action action = policy.decide(finding, direction, consumer);
                // What has no place cannot be masked, and must not pass as if it had been.
                Action can = action.masks() && !finding.hasPlace() ? Action.BLOCK : action;
                if (can != Action.PASS) {
                    found.add(finding.decided(can));
                }
            }
            return from(then);
        }

        private List<Finding> find(List<Engine.Local> here) {
            List<Finding> all = new ArrayList<>();
            here.forEach(engine -> all.addAll(engine.find(texts)));
            return all;
        }

        private CompletionStage<List<Finding>> ask(Engine.Outside engine) {
            List<MaskedView> views = new ArrayList<>();
            List<List<Finding>> masks = Masks.apart(found, texts.size());
            for (int i = 0; i < texts.size(); i++) {
                views.add(new MaskedView(texts.get(i).raw(), masks.get(i)));
            }
            Way way = way();
            return limited(look(engine, views.stream().map(MaskedView::text).toList(), way.timeout), way.timeout)
                    .handle((result, failure) -> {
                        if (failure == null) {
                            return result.stream()
                                    .map(finding -> views.get(finding.text()).back(finding))
                                    .toList();
                        }
                        meters.failed(exchange, direction, engine.name(), !way.allowOnFailure);
                        Throwable cause = cause(failure);
                        scope.log()
                                .warn(
                                        "the engine '{}' failed ({}) in exchange {}: {}",
                                        engine.name(),
                                        direction.word(),
                                        exchange.id(),
                                        String.valueOf(cause.getMessage()));
                        if (!way.allowOnFailure) {
                            throw new Unavailable(engine.name(), cause);
                        }
                        return List.<Finding>of();
                    });
        }

        private Way way() {
            Way way = ways.get(direction);
            if (way == null) {
                throw new IllegalStateException("nothing is said of how a " + direction.word() + " is checked");
            }
            return way;
        }

        private CompletionStage<List<Finding>> look(Engine.Outside engine, List<String> views, Duration budget) {
            try {
                return engine.look(exchange, direction, views, budget);
            } catch (RuntimeException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        private CompletionStage<List<Finding>> limited(CompletionStage<List<Finding>> stage, Duration limit) {
            CompletableFuture<List<Finding>> either = new CompletableFuture<>();
            var unused = stage.whenComplete((result, failure) -> {
                if (failure != null) {
                    either.completeExceptionally(failure);
                } else {
                    either.complete(result);
                }
            });
            if (!either.isDone()) {
                var unusedTimer = exchange.after(limit)
                        .thenRun(() -> either.completeExceptionally(
                                new TimeoutException("no answer within " + limit.toMillis() + " ms")));
            }
            return either;
        }
    }

    /** What failed, without the wrappings of stages. */
    static Throwable cause(@Nullable Throwable failure) {
        Throwable at = failure == null ? new IllegalStateException("unknown") : failure;
        while (at instanceof CompletionException && at.getCause() != null) {
            at = at.getCause();
        }
        return at;
    }
}
