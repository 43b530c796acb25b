package dev.sluice.host.state;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One filter's view of a {@link RedisStore}. Whatever goes wrong fails the stage. */
final class RedisState implements SharedState {
    private final RedisStore store;
    private final RedisKeys keys;
    private final String filter;

    /** By a script's text; as many as the filter has scripts, which are constants of its code. */
    private final Map<String, Lua> scripts = new ConcurrentHashMap<>();

    RedisState(RedisStore store, RedisKeys keys, String filter) {
        this.store = store;
        this.keys = keys;
        this.filter = filter;
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public CompletionStage<Long> add(String key, long delta, Duration ttl) {
        Objects.requireNonNull(ttl, "ttl");
        List<String> named = List.of(named(key));
        return stage(() -> store.call(
                        "add",
                        Lua.ADD,
                        named,
                        List.of(Long.toString(delta), Long.toString(TimesToLive.millis(ttl))),
                        answer -> Long.parseLong(text(answer))))
                .exceptionallyCompose(error -> CompletableFuture.failedFuture(inWordsOfMemory(key, error)));
    }

    @Override
    public CompletionStage<Optional<String>> get(String key) {
        Request request = Request.cmd(Command.GET).arg(named(key));
        return stage(() ->
                store.call("get", request, answer -> Optional.ofNullable(answer).map(Response::toString)));
    }

    @Override
    public CompletionStage<Void> put(String key, String value, Duration ttl) {
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(ttl, "ttl");
        String named = named(key);
        return stage(() -> store.call(
                        "put",
                        Request.cmd(Command.SET).arg(named).arg(value).arg("PX").arg(TimesToLive.millis(ttl)),
                        answer -> true))
                .thenAccept(done -> {});
    }

    @Override
    public CompletionStage<Boolean> replace(String key, Optional<String> expected, String value, Duration ttl) {
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(ttl, "ttl");
        List<String> named = List.of(named(key));
        return stage(() -> store.call(
                "replace",
                Lua.REPLACE,
                named,
                List.of(
                        expected.isPresent() ? "1" : "0",
                        expected.orElse(""),
                        value,
                        Long.toString(TimesToLive.millis(ttl))),
                answer -> text(answer).equals("1")));
    }

    @Override
    public CompletionStage<Boolean> remove(String key) {
        Request request = Request.cmd(Command.DEL).arg(named(key));
        return stage(() -> store.call("remove", request, answer -> text(answer).equals("1")));
    }

    /** Runs the script's Lua form. */
    @Override
    public CompletionStage<List<String>> run(Script script, List<String> keys, List<String> args) {
        List<String> given = List.copyOf(keys);
        List<String> copied = List.copyOf(args);
        List<String> named = given.stream().map(this::named).toList();
        return stage(() -> {
            KeyGroups.check(script, given);
            Lua lua = scripts.computeIfAbsent(script.lua(), Lua::withTime);
            return store.call("run", lua, named, copied, answer -> table(script, answer));
        });
    }

    static Request request(Lua lua, boolean bySha, List<String> keys, List<String> args) {
        Request request = bySha
                ? Request.cmd(Command.EVALSHA).arg(lua.sha())
                : Request.cmd(Command.EVAL).arg(lua.source());
        request.arg(keys.size());
        keys.forEach(request::arg);
        args.forEach(request::arg);
        return request;
    }

    private String named(String key) {
        return keys.of(Objects.requireNonNull(key, "key"));
    }

    private static <T> CompletableFuture<T> stage(Supplier<CompletableFuture<T>> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static String text(@Nullable Response answer) {
        if (answer == null) {
            throw new StateException("Redis has answered nothing where a value was due");
        }
        return answer.toString();
    }

    private static List<String> table(Script script, @Nullable Response answer) {
        if (answer == null) {
            return List.of();
        }
        if (answer.type() != ResponseType.MULTI) {
            return List.of(answer.toString());
        }
        List<String> texts = new ArrayList<>();
        for (Response element : answer) {
            if (element == null || element.type() == ResponseType.MULTI) {
                throw new StateException("script '" + script.name() + "' returns a table with something else in it than"
                        + " text and numbers, at place " + (texts.size() + 1));
            }
            texts.add(element.toString());
        }
        return List.copyOf(texts);
    }

    private Throwable inWordsOfMemory(String key, Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        String message = String.valueOf(cause.getMessage());
        if (message.contains("not an integer")) {
            return new IllegalStateException("'" + key + "' of " + filter + " holds no number to add to");
        }
        if (message.contains("would overflow")) {
            return new IllegalStateException("'" + key + "' of " + filter + " would leave 64 bits");
        }
        return cause;
    }
}
