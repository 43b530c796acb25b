package dev.sluice.plugins.keyfailover;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Scope;
import dev.sluice.api.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks a provider, with each of its keys that are out, whether it takes that key again. */
final class Prober implements Runnable {
    private final Pool pool;
    private final Settings settings;
    private final Scope scope;
    private final Counters counters;
    private volatile boolean plain;

    Prober(Pool pool, Settings settings, Scope scope, Counters counters) {
        this.pool = pool;
        this.settings = settings;
        this.scope = scope;
        this.counters = counters;
    }

    /** Probes all keys that are due, at once, and waits for the answers. */
    @Override
    public void run() {
        Duration limit = settings.checkTimeout().multipliedBy(2).plusSeconds(5);
        try {
            wait(pool.refreshAll(), limit);
            Instant now = pool.now();
            CompletableFuture<?>[] probes = pool.wantProbes(now).stream()
                    .map(key -> probe(key, now, now.plus(limit)).toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new);
            wait(CompletableFuture.allOf(probes), limit);
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            scope.log().warn("the keys of provider {} could not be probed", pool.provider(), e);
        }
    }

    private static void wait(CompletionStage<?> stage, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        stage.toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    private CompletionStage<?> probe(PooledKey key, Instant now, Instant until) {
        return key.claimProbe(now, until).thenCompose(claimed -> {
            if (!claimed) {
                return CompletableFuture.completedFuture(null);
            }
            return ask(key, plain)
                    .thenCompose(answer -> answer.status() == 400 && !plain ? askPlainly(key) : done(answer))
                    .handle((answer, failure) -> answer == null ? silent(key, failure) : judge(key, answer))
                    .thenCompose(written -> written);
        });
    }

    /** The cheapest chat there is: one token. */
    private CompletionStage<HttpResponse> ask(PooledKey key, boolean plainly) {
        ObjectNode chat = JsonNodeFactory.instance.objectNode().put("model", pool.checkModel());
        chat.putArray("messages").addObject().put("role", "user").put("content", "Hi");
        if (!plainly) {
            chat.put("max_tokens", 1);
        }
        return scope.ask(
                Target.of(pool.provider()),
                chat,
                Map.of(Attempt.CREDENTIAL, key.credential()),
                settings.checkTimeout());
    }

    /** Some models take no bound on their answer. */
    private CompletionStage<HttpResponse> askPlainly(PooledKey key) {
        return ask(key, true).thenApply(answer -> {
            plain = answer.status() < 300;
            return answer;
        });
    }

    private static CompletionStage<HttpResponse> done(HttpResponse answer) {
        return CompletableFuture.completedFuture(answer);
    }

    private CompletionStage<KeyState> silent(PooledKey key, @Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        counters.probe(pool, "failed");
        boolean late = cause instanceof TimeoutException;
        return pool.notPassed(key, null, late ? "a probe was not answered in time" : "a probe was not answered", null);
    }

    private CompletionStage<KeyState> judge(PooledKey key, HttpResponse answer) {
        int status = answer.status();
        if (status < 300) {
            counters.probe(pool, "passed");
            return pool.passed(key, pool.now());
        }
        String code = answer.header("x-sluice-error");
        Trouble trouble = Trouble.of(status, code == null ? "" : code);
        if (trouble == null && status >= 400 && status < 500) {
            counters.probe(pool, "rejected");
            String why = "the provider rejects healthCheckModel '" + pool.checkModel() + "' with status " + status;
            scope.log()
                    .warn(
                            "key {} of provider {} stays out: {}; name a model that it has",
                            key.credential().masked(),
                            pool.provider(),
                            why);
            return pool.notPassed(key, null, why, null);
        }
        counters.probe(pool, "failed");
        String seen = trouble == null
                ? "a probe was answered with status " + status
                : "a probe found the same: " + trouble.word();
        return pool.notPassed(key, trouble, seen, retryAfter(answer));
    }

    private static @Nullable Duration retryAfter(HttpResponse answer) {
        String seconds = answer.header("retry-after");
        return seconds != null && seconds.matches("[0-9]{1,7}") ? Duration.ofSeconds(Long.parseLong(seconds)) : null;
    }
}
