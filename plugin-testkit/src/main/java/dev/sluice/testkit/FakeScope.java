package dev.sluice.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Consumer;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Key;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import dev.sluice.api.SharedState;
import dev.sluice.api.Target;
import dev.sluice.host.state.MemoryStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A scope for the unit test of a filter: time is a {@link FakeClock}'s, shared state is in memory and expires by that
 * clock, the outside world is scripted. Tasks run when the test advances the clock. Confined to the test's thread.
 */
public final class FakeScope implements Scope, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("dev.sluice.filter.test");
    private static final long STATE_BYTES = 16 << 20;

    private final FakeClock clock;
    private final SharedState shared;
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final FakeAnswers<HttpRequest> calls = new FakeAnswers<>("call");
    private final FakeAnswers<Ask> asks = new FakeAnswers<>("ask");
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final Map<String, Provider> providers = new LinkedHashMap<>();
    private final Map<String, Consumer> consumers = new LinkedHashMap<>();
    private final Map<Class<?>, Object> services = new HashMap<>();
    private final Map<String, Supplier<JsonNode>> shown = new HashMap<>();
    private final Map<String, Function<ObjectNode, JsonNode>> actions = new HashMap<>();
    private List<String> before = List.of();
    private List<String> after = List.of();
    private @Nullable List<String> named;

    /** A scope on a clock of its own. */
    public FakeScope() {
        this(new FakeClock());
    }

    /** A scope on that clock. */
    public FakeScope(FakeClock clock) {
        this.clock = clock;
        this.shared = new MemoryStore(STATE_BYTES, clock, clock::nanos).of("test", 1);
    }

    /** The same, with this provider in the config. */
    public FakeScope provider(Provider provider) {
        providers.put(provider.name(), provider);
        return this;
    }

    /** The same, with this consumer in the config. */
    public FakeScope consumer(Consumer consumer) {
        consumers.put(consumer.name(), consumer);
        return this;
    }

    /** The same, in a chain of route {@code test} with these filters before and after it. */
    public FakeScope between(List<String> before, List<String> after) {
        this.before = List.copyOf(before);
        this.after = List.copyOf(after);
        return this;
    }

    /** The same, in a chain whose configs name these providers; all there are unless told. */
    public FakeScope naming(String... providers) {
        named = List.of(providers);
        return this;
    }

    /** The same, on a host that has this service. */
    public <T> FakeScope service(Class<T> type, T service) {
        services.put(type, service);
        return this;
    }

    /** The clock by which tasks run and state expires. */
    public FakeClock clock() {
        return clock;
    }

    /** What is answered to {@link #call}, and what was called. */
    public FakeAnswers<HttpRequest> calls() {
        return calls;
    }

    /** What is answered to {@link #ask}, and what was asked. */
    public FakeAnswers<Ask> asks() {
        return asks;
    }

    /**
     * What the filter shows under that name now.
     *
     * @throws IllegalArgumentException if it shows nothing there
     */
    public JsonNode shown(String what) {
        return known(shown, what, "shows").get();
    }

    /**
     * Calls an action of the filter.
     *
     * @throws IllegalArgumentException if it offers no such action
     */
    public JsonNode act(String what, ObjectNode body) {
        return known(actions, what, "offers").apply(body);
    }

    private static <T> T known(Map<String, T> all, String what, String verb) {
        T one = all.get(what);
        if (one == null) {
            throw new IllegalArgumentException("the filter " + verb + " no '" + what + "' but " + all.keySet());
        }
        return one;
    }

    @Override
    public Logger log() {
        return LOG;
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
        return calls.answer(request);
    }

    @Override
    public CompletionStage<HttpResponse> ask(Target target, ObjectNode chat, Map<Key<?>, ?> keys, Duration deadline) {
        return asks.answer(new Ask(target, chat, keys, deadline));
    }

    @Override
    public AutoCloseable every(Duration period, Runnable task) {
        return own(clock.every(period, () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.warn("a repeated task failed", e);
            }
        }));
    }

    @Override
    public AutoCloseable everyOnOneNode(String name, Duration period, Runnable task) {
        return every(period, task);
    }

    @Override
    public <T extends AutoCloseable> T own(T resource) {
        owned.push(resource);
        return resource;
    }

    @Override
    public Map<String, Consumer> consumers() {
        return Collections.unmodifiableMap(consumers);
    }

    @Override
    public Map<String, Provider> providers() {
        return Collections.unmodifiableMap(providers);
    }

    @Override
    public Chain chain() {
        return new FakeChain("test", before, after, named == null ? List.copyOf(providers.keySet()) : named);
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return Optional.ofNullable(type.cast(services.get(type)));
    }

    @Override
    public void show(String what, Supplier<JsonNode> tree) {
        shown.put(what, tree);
    }

    @Override
    public void action(String what, Function<ObjectNode, JsonNode> action) {
        actions.put(what, action);
    }

    /** Releases everything acquired, last acquired first; what it throws is thrown on once all is released. */
    @Override
    public void close() throws Exception {
        Exception first = null;
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private record FakeChain(String route, List<String> before, List<String> after, List<String> providers)
            implements Chain {}
}
