package dev.sluice.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;

/**
 * All that a filter in one place of one chain may acquire; released together when that place goes away, after its last
 * exchange. Usable from any thread. Stages returned here are not cancelled when a client leaves.
 */
public interface Scope {

    /** A logger named after the filter. */
    Logger log();

    /** Meters. Counters and timers outlive the scope; gauges end with it. */
    MeterRegistry meters();

    /** State that outlives this scope and, with {@code state: {redis: …}}, is shared by all nodes. */
    SharedState shared();

    /** Makes a request that belongs to no exchange: a token refresh, a shared flight. */
    CompletionStage<HttpResponse> call(HttpRequest request);

    /** As {@link Exchange#ask}, outside any exchange. */
    CompletionStage<HttpResponse> ask(Target target, ObjectNode chat, Map<Key<?>, ?> keys, Duration deadline);

    /**
     * Runs a task again and again until the scope closes: first after one period, never two at once, on a thread that
     * may block and is interrupted on close. What it throws is logged.
     */
    AutoCloseable every(Duration period, Runnable task);

    /** As {@link #every}, on one node of the cluster at a time. */
    AutoCloseable everyOnOneNode(String name, Duration period, Runnable task);

    /** Closes the resource with the scope, last acquired first. */
    <T extends AutoCloseable> T own(T resource);

    /**
     * The providers by name; unmodifiable. A change of one that was looked up here opens the filter anew.
     */
    Map<String, Provider> providers();

    /** The consumers by name; unmodifiable. A change of any of them opens a filter that has looked here anew. */
    Map<String, Consumer> consumers();

    /** Where in its chain this filter stands. */
    Chain chain();

    /** A service of the host, if it has it: what needs a native library, and so cannot live in a plugin. */
    <T> Optional<T> service(Class<T> type);

    /** Shows a tree in the admin API under {@code /api/v1/filters/{route}/{name}/{what}}; asked on each request. */
    void show(String what, Supplier<JsonNode> tree);

    /** Offers an action in the admin API: {@code POST …/{what}} calls it with the body, its result is the answer. */
    void action(String what, Function<ObjectNode, JsonNode> action);

    /** A filter's place among the filters of its route. */
    interface Chain {

        /** The route's name; empty for a filter of all routes. */
        String route();

        /** The filters listed before this one, in order. */
        List<String> before();

        /** The filters listed after this one, in order. */
        List<String> after();

        /** The providers that the configs of these filters name, without repeats; a filter may pick others, too. */
        List<String> providers();
    }
}
