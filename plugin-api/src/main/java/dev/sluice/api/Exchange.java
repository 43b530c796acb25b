package dev.sluice.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. Confined to its event loop; stages returned here complete on it, and never if the client
 * has left: what they stand for is cancelled then.
 *
 * <p>{@code join()} or {@code get()} on an unfinished stage throws on the loop instead of blocking it.
 */
public interface Exchange {

    /** The request id, as in {@code x-request-id}. */
    String id();

    /** The name of the route. */
    String route();

    /** What the client speaks. */
    Dialect dialect();

    /** What the client asks for. */
    Operation operation();

    /** The request's head. */
    RequestHead request();

    /** Whether no client but a filter asks here, by {@link #ask}: a judge's or a probe's question, not a user's. */
    boolean isInternal();

    /** Where the next try goes, if a filter has decided; else null. */
    @Nullable
    Target target();

    /** Decides where the next try goes. A filter that only supplies a default asks {@link #target()} first. */
    void target(Target target);

    /** What a filter put under that key, or null. */
    <T> @Nullable T get(Key<T> key);

    /** Puts a value for other filters to read. */
    <T> void put(Key<T> key, T value);

    /** Makes a request of the filter's own; cancelled with the exchange. */
    CompletionStage<HttpResponse> call(HttpRequest request);

    /**
     * Runs blocking code off the event loop: on a virtual thread where the JVM has them, else on a pool. Interrupted if
     * the client leaves.
     */
    <T> CompletionStage<T> blocking(Callable<T> work);

    /** Completes after that time. */
    CompletionStage<@Nullable Void> after(Duration delay);

    /**
     * Asks a model: an internal exchange through the filters listed after the asking one, so that path, credential and
     * translation are theirs. Marked internal in metrics, charged to no consumer, never recursive.
     *
     * @param target where to ask
     * @param chat an OpenAI chat request, not streamed; its {@code model} is mapped by the provider
     * @param keys put on the internal exchange's {@link Attempt}; each value is of its key's type
     * @param deadline for the whole of it; then the stage fails
     * @return the answer in OpenAI's shape, error statuses included
     */
    CompletionStage<HttpResponse> ask(Target target, ObjectNode chat, Map<Key<?>, ?> keys, Duration deadline);

    /** About how many tokens the text is, by a common tokenizer; long texts are extrapolated, so this is cheap. */
    int tokens(String text);

    /**
     * Notes a field for {@code ai_log}, the span and the decision trace.
     *
     * @param value a string, number, boolean, or a Jackson tree
     */
    void note(String field, Object value);

    /**
     * Puts a field into the access log's line itself, beside {@code ai_log}; one that has a name of the line's own goes
     * into {@code ai_log} after all.
     *
     * @param value as in {@link #note}
     */
    void log(String field, Object value);
}
