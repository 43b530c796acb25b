package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Scope;
import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import dev.sluice.testkit.FakeScope;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A scope whose shared state fails, or answers late, when the test says so. */
final class FailingScope {
    private final FakeScope real;
    private final Scope scope;
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean failing;
    private boolean hanging;

    FailingScope(FakeScope real) {
        this.real = real;
        SharedState shared = (SharedState) Proxy.newProxyInstance(
                SharedState.class.getClassLoader(),
                new Class<?>[] {SharedState.class},
                (proxy, method, args) -> method.getName().equals("run")
                        ? run((Script) args[0], strings(args[1]), strings(args[2]))
                        : get((String) args[0]));
        this.scope = (Scope) Proxy.newProxyInstance(
                Scope.class.getClassLoader(), new Class<?>[] {Scope.class}, (proxy, method, args) -> {
                    if (method.getName().equals("shared")) {
                        return shared;
                    }
                    try {
                        return method.invoke(real, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @SuppressWarnings("unchecked")
    private static List<String> strings(Object list) {
        return (List<String>) list;
    }

    private CompletionStage<List<String>> run(Script script, List<String> keys, List<String> args) {
        if (failing) {
            return CompletableFuture.failedFuture(new IllegalStateException("connection refused"));
        }
        if (!hanging) {
            return real.shared().run(script, keys, args);
        }
        CompletableFuture<List<String>> later = new CompletableFuture<>();
        waiting.add(() -> later.complete(
                real.shared().run(script, keys, args).toCompletableFuture().join()));
        return later;
    }

    private CompletionStage<Optional<String>> get(String key) {
        return failing
                ? CompletableFuture.failedFuture(new IllegalStateException("connection refused"))
                : real.shared().get(key);
    }

    Scope scope() {
        return scope;
    }

    FakeScope real() {
        return real;
    }

    io.micrometer.core.instrument.MeterRegistry meters() {
        return real.meters();
    }

    void fail() {
        failing = true;
    }

    void hang() {
        hanging = true;
    }

    void heal() {
        failing = false;
        hanging = false;
    }

    /** Answers all that waits, from now on at once. */
    void answer() {
        heal();
        List.copyOf(waiting).forEach(Runnable::run);
        waiting.clear();
    }
}
