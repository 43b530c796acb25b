package dev.sluice.plugins.aistatistics;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Scope;
import dev.sluice.plugins.aistatistics.AiStatisticsConfig.Otlp;
import io.micrometer.core.instrument.Counter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;

/**
 * Sends spans to a collector in batches, as OTLP's JSON over HTTP. Through the host's own client and timer, so that it
 * has no thread that could outlive the scope. Never waits for a slow collector: what does not fit is dropped and
 * counted. Thread-safe.
 */
final class SpanExporter implements AutoCloseable {
    private static final int BATCH = 512;
    private static final int TRIES = 3;
    private static final Set<Integer> WORTH_ANOTHER_TRY = Set.of(429, 502, 503, 504);

    private final Scope scope;
    private final Otlp config;
    private final URI endpoint;
    private final BlockingQueue<Span> queue;
    private final Logger log;
    private boolean troubled;

    private SpanExporter(Scope scope, Otlp config) {
        this.scope = scope;
        this.config = config;
        this.endpoint = endpoint(config.endpoint());
        this.queue = new ArrayBlockingQueue<>(config.queue());
        this.log = scope.log();
    }

    /** An exporter that ends with its scope. */
    static SpanExporter open(Scope scope, Otlp config) {
        SpanExporter exporter = scope.own(new SpanExporter(scope, config));
        // Acquired later, so closed earlier: nobody else sends what close() sends.
        var unused = scope.every(config.interval(), exporter::flush);
        return exporter;
    }

    private static URI endpoint(URI given) {
        boolean http = "http".equals(given.getScheme()) || "https".equals(given.getScheme());
        if (!http || given.getHost() == null) {
            throw new ConfigException(
                    "otlp.endpoint", "must be the http:// or https:// address of a collector that speaks OTLP/HTTP");
        }
        String path = given.getPath();
        return path == null || path.isEmpty() || path.equals("/") ? given.resolve("/v1/traces") : given;
    }

    /** Takes spans for the next batch, or drops them. */
    void add(List<Span> spans) {
        for (Span span : spans) {
            if (!queue.offer(span)) {
                count("dropped", 1);
            }
        }
    }

    /** Sends all that waits; blocks. */
    private void flush() {
        List<Span> batch = next();
        while (!batch.isEmpty() && !Thread.currentThread().isInterrupted()) {
            send(batch);
            batch = next();
        }
    }

    private List<Span> next() {
        List<Span> batch = new ArrayList<>();
        queue.drainTo(batch, BATCH);
        return batch;
    }

    private void send(List<Span> batch) {
        String trouble = "";
        for (int i = 0; i < TRIES; i++) {
            try {
                HttpResponse answer = scope.call(request(batch))
                        .toCompletableFuture()
                        .get(config.timeout().toMillis() * 2, TimeUnit.MILLISECONDS);
                if (answer.isSuccess()) {
                    count("sent", batch.size());
                    troubled = false;
                    return;
                }
                trouble = "the collector answered with status " + answer.status();
                if (!WORTH_ANOTHER_TRY.contains(answer.status())) {
                    break;
                }
            } catch (ExecutionException | CompletionException | TimeoutException e) {
                trouble = String.valueOf(e.getCause() == null ? e : e.getCause());
            } catch (InterruptedException e) {
                // The scope closes, and sends what is left itself.
                batch.forEach(queue::offer);
                Thread.currentThread().interrupt();
                return;
            }
        }
        count("failed", batch.size());
        if (!troubled) {
            troubled = true;
            log.warn("spans cannot be sent to {} and are lost until they can be: {}", endpoint, trouble);
        }
    }

    private HttpRequest request(List<Span> batch) {
        HttpRequest request = HttpRequest.post(endpoint, body(batch)).timeout(config.timeout());
        for (Map.Entry<String, String> header : config.headers().entrySet()) {
            request = request.header(header.getKey(), header.getValue());
        }
        return request;
    }

    private ObjectNode body(List<Span> batch) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        ObjectNode resource = root.putArray("resourceSpans").addObject();
        Span.attributes(
                resource.putObject("resource").putArray("attributes"), Map.of("service.name", config.serviceName()));
        ObjectNode ofScope = resource.putArray("scopeSpans").addObject();
        ofScope.putObject("scope").put("name", "dev.sluice.ai-statistics");
        ArrayNode spans = ofScope.putArray("spans");
        batch.forEach(span -> spans.add(span.json()));
        return root;
    }

    private void count(String result, int spans) {
        Counter.builder("sluice.ai.spans")
                .tag("result", result)
                .register(scope.meters())
                .increment(spans);
    }

    /** Sends what is left, and does not wait for the answer. */
    @Override
    public void close() {
        List<Span> batch = next();
        while (!batch.isEmpty()) {
            var unused = scope.call(request(batch));
            batch = next();
        }
    }
}
