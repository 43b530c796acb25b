package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Consumer;
import dev.sluice.api.Embeddings;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Key;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import dev.sluice.api.SharedState;
import dev.sluice.api.Target;
import dev.sluice.host.log.Thrown;
import dev.sluice.host.route.Route;
import dev.sluice.host.route.Snapshot;
import dev.sluice.host.upstream.BufferedCall;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one opened filter has acquired; closes all of it together. Thread-safe. */
public final class HostScope implements Scope, AutoCloseable {
    /** Longer than any store lets one call take; a fuse against one that does not. */
    private static final Duration LONGEST_CALL = Duration.ofSeconds(5);

    /**
     * Whose scope it is.
     *
     * @param filter the filter's name
     * @param chain where it stands
     * @param providers all providers of the config
     * @param consumers all consumers of the config
     */
    public record Owner(
            String filter, Scope.Chain chain, Map<String, Provider> providers, Map<String, Consumer> consumers) {}

    private record Place(Snapshot snapshot, Route route, dev.sluice.host.route.Chain rest) {}

    private volatile Owner owner;
    private final Services services;
    private final Supplier<Loop> loops;
    private final PendingState shared;
    private final Runnable releaseShared;
    private final Logger log;
    private final ScopeMeters meters;
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final Map<String, Supplier<JsonNode>> shown = new ConcurrentHashMap<>();
    private final Map<String, Function<ObjectNode, JsonNode>> actions = new ConcurrentHashMap<>();
    private volatile @Nullable Place place;
    private volatile boolean readChain;
    private volatile boolean readProviders;
    private volatile boolean readConsumers;
    private boolean closed;

    /**
     * An open scope.
     *
     * @param loops gives an event loop for what belongs to no exchange
     * @param releaseShared called when no call of the shared state is under way any more
     */
    public HostScope(Owner owner, Services services, Supplier<Loop> loops, SharedState shared, Runnable releaseShared) {
        this.owner = owner;
        this.services = services;
        this.loops = loops;
        this.shared = new PendingState(shared);
        this.releaseShared = releaseShared;
        this.log = LoggerFactory.getLogger("dev.sluice.filter." + owner.filter);
        this.meters = new ScopeMeters(services.telemetry());
    }

    /** Says what surrounds it from now on, where it has not looked at it so far. */
    public void surroundings(Owner now) {
        owner = now;
    }

    /** Says where the filter stands in the snapshot that is being published. */
    public void place(Snapshot snapshot, Route route, int index) {
        place = new Place(snapshot, route, route.chain().after(index));
    }

    /** Whether the filter has looked at its chain: then a change of it opens the filter anew. */
    public boolean hasReadChain() {
        return readChain;
    }

    /** Whether the filter has looked at the providers: then a change of them opens the filter anew. */
    public boolean hasReadProviders() {
        return readProviders;
    }

    /** Whether the filter has looked at the consumers: then a change of them opens the filter anew. */
    public boolean hasReadConsumers() {
        return readConsumers;
    }

    /** What the filter shows, by name. */
    public Map<String, Supplier<JsonNode>> shown() {
        return shown;
    }

    /** What the filter offers to do, by name. */
    public Map<String, Function<ObjectNode, JsonNode>> actions() {
        return actions;
    }

    @Override
    public Logger log() {
        return log;
    }

    @Override
    public MeterRegistry meters() {
        return meters;
    }

    @Override
    public SharedState shared() {
        return shared;
    }

    @Override
    public CompletionStage<HttpResponse> call(HttpRequest request) {
        CompletableFuture<HttpResponse> result = new CompletableFuture<>();
        Loop loop = loops.get();
        loop.execute(() -> {
            var unused = new BufferedCall(loop.vertx(), loop.pool(), request, result);
        });
        return result;
    }

    @Override
    public CompletionStage<HttpResponse> ask(Target target, ObjectNode chat, Map<Key<?>, ?> keys, Duration deadline) {
        CompletableFuture<HttpResponse> result = new CompletableFuture<>();
        Place at = place;
        if (at == null) {
            result.completeExceptionally(new IllegalStateException(
                    owner.chain.route().isEmpty()
                            ? "a filter of all routes belongs to no route to ask through; ask in an exchange"
                            : "the filter is not in place yet; ask after open has returned"));
            return result;
        }
        Loop loop = loops.get();
        ObjectNode copy = chat.deepCopy();
        loop.execute(() -> {
            LoopFuture<HttpResponse> answer = loop.newFuture();
            passOn(answer, result);
            try {
                var unused = Asking.start(
                        services, loop, at.snapshot, at.route, at.rest, target, copy, keys, deadline, answer);
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return result;
    }

    private static <T> void passOn(CompletableFuture<T> from, CompletableFuture<T> to) {
        var unused = from.whenComplete((value, error) -> {
            if (error != null) {
                to.completeExceptionally(error);
            } else {
                to.complete(value);
            }
        });
    }

    @Override
    public AutoCloseable every(Duration period, Runnable task) {
        return own(new Repeating(loops.get(), services.blocking(), period, task, log));
    }

    @Override
    public AutoCloseable everyOnOneNode(String name, Duration period, Runnable task) {
        return every(period, new Lease(shared, loops.get(), services.node(), name, period, task, log));
    }

    @Override
    public <T extends AutoCloseable> T own(T resource) {
        Objects.requireNonNull(resource, "resource");
        synchronized (owned) {
            if (!closed) {
                owned.push(resource);
                return resource;
            }
        }
        close(resource);
        throw new IllegalStateException("the scope of filter " + owner.filter + " is closed");
    }

    @Override
    public Map<String, Provider> providers() {
        readProviders = true;
        return owner.providers;
    }

    @Override
    public Map<String, Consumer> consumers() {
        readConsumers = true;
        return owner.consumers;
    }

    @Override
    public Scope.Chain chain() {
        readChain = true;
        return owner.chain;
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return type == Embeddings.class ? Optional.of(type.cast(services.embeddings())) : Optional.empty();
    }

    @Override
    public void show(String what, Supplier<JsonNode> tree) {
        shown.put(what, tree);
    }

    @Override
    public void action(String what, Function<ObjectNode, JsonNode> action) {
        actions.put(what, action);
    }

    /** Also waits for the calls of the shared state that are under way; so not from an event loop. */
    @Override
    public void close() {
        List<AutoCloseable> closing;
        synchronized (owned) {
            if (closed) {
                return;
            }
            closed = true;
            closing = List.copyOf(owned);
            owned.clear();
        }
        closing.forEach(this::close);
        if (!shared.awaitNone(LONGEST_CALL)) {
            log.warn(
                    "filter {} is closed while calls of its shared state are under way: they have taken more than {} s",
                    owner.filter,
                    LONGEST_CALL.toSeconds());
        }
        close(releaseShared::run);
        place = null;
        shown.clear();
        actions.clear();
        meters.close();
    }

    private void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Throwable e) {
            // The others are closed whatever one of them throws.
            log.warn("a resource of filter {} could not be closed", owner.filter, Thrown.readable(e));
        }
    }
}
