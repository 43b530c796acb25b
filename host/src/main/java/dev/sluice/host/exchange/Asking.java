package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Key;
import dev.sluice.api.Operation;
import dev.sluice.api.Target;
import dev.sluice.host.exchange.HostExchange.Subject;
import dev.sluice.host.route.Chain;
import dev.sluice.host.route.RecognizedPath;
import dev.sluice.host.route.Route;
import dev.sluice.host.route.Snapshot;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** Internal exchanges, in which a filter asks a model through the filters listed after it. */
final class Asking {
    private static final AtomicLong COUNT = new AtomicLong();
    private static final RecognizedPath CHAT = new RecognizedPath(Dialect.OPENAI, Operation.CHAT, null, false);

    private Asking() {}

    /** Asks out of an exchange, and is cancelled with it. */
    static CompletionStage<HttpResponse> inExchange(
            HostExchange exchange, int filter, Target target, ObjectNode chat, Map<Key<?>, ?> keys, Duration deadline) {
        Subject subject = exchange.subject();
        LoopFuture<HttpResponse> result = exchange.loop().newFuture();
        Route route = subject.route();
        if (subject.internal() || route == null) {
            result.completeExceptionally(new IllegalStateException("a filter that is being asked cannot ask in turn"));
            return result;
        }
        if (exchange.cancellations().isOver()) {
            return result;
        }
        LoopFuture<HttpResponse> answer = exchange.loop().newFuture();
        Chain rest = subject.chain().after(filter);
        HostExchange asked = start(
                exchange.services(),
                exchange.loop(),
                subject.snapshot(),
                route,
                rest,
                target,
                chat,
                keys,
                deadline,
                answer);
        Runnable cancel = asked::clientGone;
        exchange.cancellations().add(cancel);
        var unused = answer.whenComplete((response, error) -> {
            exchange.cancellations().remove(cancel);
            if (exchange.cancellations().isOver()) {
                return;
            }
            if (error != null) {
                result.completeExceptionally(error);
            } else {
                result.complete(response);
            }
        });
        return result;
    }

    /** Starts asking, on the loop that calls. */
    static HostExchange start(
            Services services,
            Loop loop,
            Snapshot snapshot,
            Route route,
            Chain rest,
            Target target,
            ObjectNode chat,
            Map<Key<?>, ?> keys,
            Duration deadline,
            LoopFuture<HttpResponse> answer) {
        // The caller's exchange, or the scope's open place, keeps the snapshot pinned: this pin cannot fail.
        boolean pinned = snapshot.pin();
        if (!pinned) {
            throw new IllegalStateException("the filter that asks is no longer in place");
        }
        HostHeaders headers = HostHeaders.empty();
        headers.set("content-type", "application/json");
        HostRequestHead head =
                new HostRequestHead("POST", "/v1/chat/completions", null, headers, "internal", "internal");
        Subject subject = new Subject("ask-" + COUNT.incrementAndGet(), snapshot, route, rest, head, CHAT, true, keys);
        CollectingDownstream downstream = new CollectingDownstream(services.json(), answer);
        HostExchange exchange = new HostExchange(services, loop, subject, downstream, null);
        long timer = loop.setTimer(deadline.toMillis(), () -> {
            answer.completeExceptionally(
                    new TimeoutException("the model asked did not answer within " + deadline.toMillis() + " ms"));
            exchange.clientGone();
        });
        exchange.cancellations().add(() -> loop.cancelTimer(timer));
        exchange.target(target);
        byte[] body = services.json().write(chat);
        String model = chat.path("model").asText("");
        exchange.start(
                body,
                new Json.Facts(
                        model.isEmpty() ? null : model, chat.path("stream").asBoolean()));
        return exchange;
    }
}
