package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Key;
import dev.sluice.api.Operation;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Target;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The exchange as one of its filters sees it; knows which one, so that {@code ask} runs through those after it. */
final class ExchangeView implements Exchange {
    private final HostExchange exchange;
    private final int filter;

    ExchangeView(HostExchange exchange, int filter) {
        this.exchange = exchange;
        this.filter = filter;
    }

    @Override
    public String id() {
        return exchange.id();
    }

    @Override
    public String route() {
        return exchange.route();
    }

    @Override
    public Dialect dialect() {
        return exchange.dialect();
    }

    @Override
    public Operation operation() {
        return exchange.operation();
    }

    @Override
    public RequestHead request() {
        return exchange.head();
    }

    @Override
    public boolean isInternal() {
        return exchange.subject().internal();
    }

    @Override
    public @Nullable Target target() {
        return exchange.target();
    }

    @Override
    public void target(Target target) {
        exchange.target(target);
    }

    @Override
    public <T> @Nullable T get(Key<T> key) {
        return exchange.get(key);
    }

    @Override
    public <T> void put(Key<T> key, T value) {
        exchange.put(key, value);
    }

    @Override
    public CompletionStage<HttpResponse> call(HttpRequest request) {
        return SideWork.call(exchange.loop(), exchange.cancellations(), request);
    }

    @Override
    public <T> CompletionStage<T> blocking(Callable<T> work) {
        return SideWork.blocking(
                exchange.loop(), exchange.cancellations(), exchange.services().blocking(), work);
    }

    @Override
    public CompletionStage<@Nullable Void> after(Duration delay) {
        LoopFuture<@Nullable Void> done = exchange.loop().newFuture();
        exchange.later(delay, () -> done.complete(null));
        return done;
    }

    @Override
    public CompletionStage<HttpResponse> ask(Target target, ObjectNode chat, Map<Key<?>, ?> keys, Duration deadline) {
        return Asking.inExchange(exchange, filter, target, chat, keys, deadline);
    }

    @Override
    public int tokens(String text) {
        return exchange.services().tokens().count(text);
    }

    @Override
    public void note(String field, Object value) {
        exchange.note(field, value);
    }

    @Override
    public void log(String field, Object value) {
        exchange.log(field, value);
    }
}
