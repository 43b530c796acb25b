package dev.sluice.host.state;

import dev.sluice.api.SharedState;
import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.state.RedisMeters.Result;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all filters of all nodes keep, on Redis. No operation takes longer than its time; while Redis is known to be away
 * they fail at once, until a connection works again, which is tried without end. An operation is never sent twice: one
 * that has failed may have been done.
 */
public final class RedisStore implements StateStore {
    private static final Logger LOG = LoggerFactory.getLogger(RedisStore.class);
    private static final long PROBE_MILLIS = 2000;

    private final Vertx vertx;

    /** The connections' own: the client's parser throws at some nonsense, which then ends here and nowhere else. */
    private final Vertx links;

    private final RedisConfig config;
    private final RedisDialer dialer;
    private final RedisMeters meters;
    private final List<RedisSlot> slots = new ArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final Promise<Void> tried = Promise.promise();
    private final long prober;

    /** Null while Redis is there, else why it is not. */
    private volatile @Nullable String away = "no connection yet";

    private @Nullable Boolean logged;

    private RedisStore(Vertx vertx, RedisConfig config, Function<RedisStore, RedisMeters> meters) {
        this.vertx = vertx;
        this.config = config;
        this.links = Vertx.vertx(new VertxOptions()
                        .setEventLoopPoolSize(1)
                        .setWorkerPoolSize(1)
                        .setDisableTCCL(true)
                        .setFileSystemOptions(new FileSystemOptions().setFileCachingEnabled(false)))
                .exceptionHandler(this::uncaught);
        this.dialer = new RedisDialer((VertxInternal) links, config);
        this.meters = meters.apply(this);
        for (int i = 0; i < config.connections(); i++) {
            slots.add(new RedisSlot(vertx, dialer, this::changed));
        }
        this.prober = vertx.setPeriodic(PROBE_MILLIS, due -> probe());
    }

    /** A store that begins to connect; from any thread. */
    public static RedisStore open(Vertx vertx, RedisConfig config, MeterRegistry meters) {
        return opened(new RedisStore(
                vertx, config, store -> new RedisMeters(meters, "sluice_state_up", Tags.empty(), store::isUp)));
    }

    /** As {@link #open}, for one that stands in for the gateway's own where filters say so. */
    static RedisStore openOwn(Vertx vertx, RedisConfig config, MeterRegistry meters) {
        Tags tags = Tags.of("redis", config.place() + "/" + config.database());
        return opened(new RedisStore(
                vertx, config, store -> new RedisMeters(meters, "sluice_state_own_up", tags, store::isUp)));
    }

    private static RedisStore opened(RedisStore store) {
        store.slots.forEach(RedisSlot::fill);
        return store;
    }

    /** Done when it is known for the first time whether Redis is there; within the time for connecting. */
    public Future<Void> tried() {
        return tried.future();
    }

    /** Whether Redis is there, as far as is known. */
    public boolean isUp() {
        return away == null;
    }

    @Override
    public SharedState of(String filter, int version) {
        return new RedisState(this, new RedisKeys(config.prefix(), filter, version), filter);
    }

    /** Sends one command; whatever goes wrong fails the future, which completes on the caller's event loop. */
    <T> CompletableFuture<T> call(String operation, Request request, Function<@Nullable Response, T> read) {
        return run(new RedisOperation<>(vertx, config, meters, operation, read), link -> link.send(request));
    }

    /** Runs a script, as {@link #call}; sends its text only where Redis does not know it. */
    <T> CompletableFuture<T> call(
            String operation, Lua lua, List<String> keys, List<String> args, Function<@Nullable Response, T> read) {
        return run(
                new RedisOperation<>(vertx, config, meters, operation, read),
                link -> link.send(RedisState.request(lua, true, keys, args))
                        .recover(error -> RedisTrouble.is(error, "NOSCRIPT")
                                ? link.send(RedisState.request(lua, false, keys, args))
                                : Future.failedFuture(error)));
    }

    private <T> CompletableFuture<T> run(
            RedisOperation<T> operation, Function<RedisLink, Future<@Nullable Response>> command) {
        int first = turn.getAndIncrement();
        for (int i = 0; i < slots.size(); i++) {
            RedisSlot slot = slots.get(Math.floorMod(first + i, slots.size()));
            RedisLink link = slot.link();
            if (link != null) {
                operation.start(slot, link, command.apply(link));
                return operation.future();
            }
        }
        String why = away;
        operation.end(Result.REFUSED, why == null ? "the connection was closed" : why);
        return operation.future();
    }

    private void probe() {
        for (RedisSlot slot : slots) {
            RedisLink link = slot.link();
            if (link != null) {
                RedisOperation<Boolean> probe = new RedisOperation<>(vertx, config, meters, "probe", answer -> true);
                probe.start(slot, link, link.send(dialer.probe()));
            }
        }
    }

    private void uncaught(Throwable error) {
        LOG.debug("what Redis has sent could not be read", error);
        if (error instanceof RuntimeException) {
            dialer.fail(new StateException(RedisTrouble.NONSENSE));
            for (RedisSlot slot : slots) {
                RedisLink link = slot.link();
                if (link != null) {
                    link.breakUp(RedisTrouble.NONSENSE);
                }
            }
        }
    }

    /** A slot has got a link, or cannot have one. */
    private synchronized void changed(@Nullable String why) {
        boolean up = slots.stream().anyMatch(slot -> slot.link() != null);
        away = up ? null : why == null ? "the connection was closed" : why;
        if (logged == null || logged != up) {
            logged = up;
            if (up) {
                LOG.info("the shared state on Redis ({}) is there", config.place());
            } else {
                LOG.warn(
                        "the shared state on Redis ({}) is away: {}; operations fail at once until it is back, which is"
                                + " tried again and again",
                        config.place(),
                        away);
            }
        }
        tried.tryComplete();
    }

    @Override
    public void close() {
        vertx.cancelTimer(prober);
        slots.forEach(RedisSlot::close);
        away = "the gateway ends";
        tried.tryComplete();
        meters.close();
        try {
            links.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("the connections to Redis could not be closed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
