package dev.sluice.host.state;

import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.state.RedisMeters.Result;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Response;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One operation under way: ends once, by an answer or by its time, on the event loop of whoever began it. */
final class RedisOperation<T> {
    private final Vertx vertx;
    private final Context caller;
    private final RedisConfig config;
    private final RedisMeters meters;
    private final String name;
    private final Function<@Nullable Response, T> read;
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private final long begun = System.nanoTime();

    RedisOperation(
            Vertx vertx, RedisConfig config, RedisMeters meters, String name, Function<@Nullable Response, T> read) {
        this.vertx = vertx;
        this.caller = vertx.getOrCreateContext();
        this.config = config;
        this.meters = meters;
        this.name = name;
        this.read = read;
    }

    CompletableFuture<T> future() {
        return future;
    }

    /** Follows what was sent over that link. */
    void start(RedisSlot slot, RedisLink link, Future<@Nullable Response> sent) {
        long timer = vertx.setTimer(Math.max(1, config.timeout().toMillis()), late -> {
            String why = "no answer within " + config.timeout().toMillis() + " ms";
            end(Result.TIMEOUT, why);
            // Whatever waits behind it would wait as long, and its answer, if it came, would be another's.
            link.breakUp(why);
        });
        var unused = sent.onComplete(answer -> caller.runOnContext(here -> {
            vertx.cancelTimer(timer);
            answered(slot, link, answer);
        }));
    }

    private void answered(RedisSlot slot, RedisLink link, AsyncResult<@Nullable Response> answer) {
        if (answer.succeeded()) {
            slot.works();
            complete(answer.result());
            return;
        }
        Throwable error = answer.cause();
        if (error instanceof StateException) {
            end(Result.FAILED, error.getMessage());
            return;
        }
        end(Result.FAILED, RedisTrouble.of(error));
        if (RedisTrouble.breaks(error)) {
            link.breakUp(RedisTrouble.of(error));
        } else {
            slot.works();
        }
    }

    private void complete(@Nullable Response answer) {
        T value;
        try {
            value = read.apply(answer);
        } catch (RuntimeException e) {
            fail(Result.FAILED, e);
            return;
        }
        meters.record(name, Result.OK, System.nanoTime() - begun);
        future.complete(value);
    }

    /** Ends it without an answer. */
    void end(Result result, @Nullable String why) {
        fail(result, new StateException("the shared state on Redis (" + config.place() + ") has failed: " + why));
    }

    private void fail(Result result, RuntimeException error) {
        if (!future.isDone()) {
            meters.record(name, result, System.nanoTime() - begun);
            future.completeExceptionally(error);
        }
    }
}
