package dev.sluice.host.state;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection, of a cluster one to each node, with the client that made it. Many operations share it, answered in their
 * order. It breaks once, whatever breaks it; then it closes with its client, and whatever waits for an answer fails.
 */
final class RedisLink {
    /** What one connection may owe; more than that says that Redis is too slow. */
    static final int MOST_PENDING = 4096;

    private final Context context;
    private final Redis client;
    private final RedisConnection connection;
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicBoolean broken = new AtomicBoolean();
    private volatile @Nullable Consumer<String> onBreak;

    /** On the event loop of that context, which is the link's alone. */
    RedisLink(Context context, Redis client, RedisConnection connection) {
        this.context = context;
        this.client = client;
        this.connection = connection;
        connection.handler(message -> breakUp(RedisTrouble.NONSENSE));
        connection.exceptionHandler(error -> breakUp(RedisTrouble.of(error)));
        connection.endHandler(ended -> breakUp("the connection was closed"));
    }

    /** Tells when it breaks, and why; at once, if it has. */
    void onBreak(Consumer<String> listener) {
        onBreak = listener;
        if (broken.get()) {
            listener.accept("the connection was closed");
        }
    }

    /** From any thread; the answer comes on the link's event loop. Null is Redis's nil. */
    Future<@Nullable Response> send(Request request) {
        Promise<@Nullable Response> answer = Promise.promise();
        if (pending.incrementAndGet() > MOST_PENDING) {
            pending.decrementAndGet();
            answer.fail(new StateException("more than " + MOST_PENDING + " operations wait for an answer"));
            return answer.future();
        }
        context.runOnContext(here -> connection.send(request).onComplete(sent -> {
            pending.decrementAndGet();
            answer.handle(sent);
        }));
        return answer.future();
    }

    /** Of no use any more. From any thread. */
    void breakUp(String why) {
        if (broken.compareAndSet(false, true)) {
            var unused = client.close();
            Consumer<String> listener = onBreak;
            if (listener != null) {
                listener.accept(why);
            }
        }
    }
}
