package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sluice.api.Exchange;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Scope;
import dev.sluice.plugins.websearch.engine.Engine;
import dev.sluice.plugins.websearch.engine.EngineConfig;
import dev.sluice.plugins.websearch.engine.EngineException;
import dev.sluice.plugins.websearch.engine.Found;
import dev.sluice.plugins.websearch.engine.Query;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** An engine in use: asked within its deadline, its answers bounded and remembered. Shared by all requests of a place. */
final class EngineUse {
    /** No engine has that much to say; more is a fault, or an attack. */
    static final int MAX_ANSWER = 4 << 20;

    /** From here on, parsing takes longer than an event loop should be held. */
    private static final int BIG_ANSWER = 64 << 10;

    private static final int MAX_FIELD = 2000;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Engine engine;
    private final String name;
    private final Duration timeout;
    private final Duration ttl;
    private final int maxContent;
    private final Scope scope;
    private final Counters counters;
    private final AtomicBoolean failing = new AtomicBoolean();

    EngineUse(Engine engine, EngineConfig config, WebSearchConfig all, Scope scope, Counters counters) {
        this.engine = engine;
        this.name = config.type().word();
        this.timeout = config.timeout();
        this.ttl = all.cacheTtl();
        // Markup and what is left out later need room, too.
        this.maxContent = 4 * all.maxResultLength();
        this.scope = scope;
        this.counters = counters;
    }

    Engine.Topic topic() {
        return engine.topic();
    }

    /** What it finds; null if it failed. The stage itself fails never, and completes on the exchange's event loop. */
    CompletionStage<@Nullable List<Found>> find(Exchange exchange, Query query) {
        HttpRequest request;
        try {
            request = engine.request(query).timeout(timeout);
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(failed(e));
        }
        if (ttl.isZero()) {
            return call(exchange, request, "");
        }
        String key = key(request);
        return scope.shared()
                .get(key)
                .exceptionally(unreachable -> Optional.empty())
                .thenCompose(known -> {
                    List<Found> remembered = known.map(EngineUse::decoded).orElse(null);
                    if (remembered != null) {
                        counters.query(name, "cached");
                        return CompletableFuture.<@Nullable List<Found>>completedFuture(remembered);
                    }
                    return call(exchange, request, key);
                });
    }

    private CompletionStage<@Nullable List<Found>> call(Exchange exchange, HttpRequest request, String key) {
        long began = System.nanoTime();
        return exchange.call(request)
                .thenCompose(answer -> read(exchange, answer))
                .handle((found, failure) -> {
                    if (failure != null) {
                        return failed(failure);
                    }
                    failing.set(false);
                    counters.query(name, "ok");
                    counters.answered(name, Duration.ofNanos(System.nanoTime() - began), found.size());
                    if (!key.isEmpty()) {
                        var unused = scope.shared().put(key, encoded(found), ttl);
                    }
                    return found;
                });
    }

    private CompletionStage<List<Found>> read(Exchange exchange, HttpResponse answer) {
        int size = answer.body().length;
        if (answer.status() / 100 == 3) {
            throw new EngineException(
                    "it answered with a redirect, which is not followed: where it leads is not for it to" + " say");
        }
        if (!answer.isSuccess()) {
            throw new EngineException("it answered with status " + answer.status());
        }
        if (size > MAX_ANSWER) {
            throw new EngineException(
                    "it answered with " + size + " bytes, more than the " + MAX_ANSWER + " that are read");
        }
        return size < BIG_ANSWER
                ? CompletableFuture.completedFuture(bounded(answer))
                : exchange.blocking(() -> bounded(answer));
    }

    private List<Found> bounded(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (Found found : engine.read(answer)) {
            all.add(new Found(
                    head(found.title(), MAX_FIELD),
                    head(found.url(), MAX_FIELD + 1),
                    head(found.content(), maxContent),
                    head(found.published(), MAX_FIELD)));
        }
        return List.copyOf(all);
    }

    private static String head(String text, int max) {
        return text.length() <= max ? text : text.substring(0, max);
    }

    private @Nullable List<Found> failed(Throwable failure) {
        counters.query(name, "failed");
        Throwable cause =
                failure.getCause() == null || failure instanceof EngineException ? failure : failure.getCause();
        if (failing.compareAndSet(false, true)) {
            scope.log().warn("{} finds nothing until it works again: {}", name, String.valueOf(cause.getMessage()));
        }
        return null;
    }

    /** By what is asked of whom, the key among it: a changed config begins anew. */
    private static String key(HttpRequest request) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((request.method() + " " + request.uri()).getBytes(StandardCharsets.UTF_8));
            for (Map.Entry<String, String> header : request.headers()) {
                digest.update(("\n" + header).getBytes(StandardCharsets.UTF_8));
            }
            digest.update(request.body());
            // In a group of its own, so that a cluster spreads them.
            return "{" + HexFormat.of().formatHex(digest.digest(), 0, 16) + "}";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String encoded(List<Found> found) {
        ArrayNode all = MAPPER.createArrayNode();
        for (Found one : found) {
            all.addArray().add(one.title()).add(one.url()).add(one.content()).add(one.published());
        }
        return all.toString();
    }

    private static @Nullable List<Found> decoded(String text) {
        try {
            List<Found> all = new ArrayList<>();
            for (JsonNode one : MAPPER.readTree(text)) {
                all.add(new Found(
                        one.path(0).asText(),
                        one.path(1).asText(),
                        one.path(2).asText(),
                        one.path(3).asText()));
            }
            return all;
        } catch (JsonProcessingException e) {
            return null;
        }
    }
}
