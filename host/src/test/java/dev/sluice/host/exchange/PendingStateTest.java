package dev.sluice.host.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import dev.sluice.host.config.Config.Limits;
import dev.sluice.host.embedding.LocalEmbeddings;
import dev.sluice.host.exchange.HostScope.Owner;
import dev.sluice.host.log.AccessLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PendingStateTest {
    private final CompletableFuture<Optional<String>> answer = new CompletableFuture<>();

    /** A state whose gets are answered by the test. */
    private final SharedState slow = new SharedState() {
        @Override
        public CompletionStage<Long> add(String key, long delta, Duration ttl) {
            return CompletableFuture.completedFuture(delta);
        }

        @Override
        public CompletionStage<Optional<String>> get(String key) {
            return answer;
        }

        @Override
        public CompletionStage<Void> put(String key, String value, Duration ttl) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Boolean> replace(String key, Optional<String> expected, String value, Duration ttl) {
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletionStage<Boolean> remove(String key) {
            return CompletableFuture.failedFuture(new IllegalStateException("no"));
        }

        @Override
        public CompletionStage<List<String>> run(Script script, List<String> keys, List<String> args) {
            return CompletableFuture.completedFuture(List.of());
        }
    };

    @Test
    void waitsOnlyForWhatIsUnderWay() {
        PendingState state = new PendingState(slow);
        var unused = state.add("a", 1, Duration.ofDays(1));
        var failed = state.remove("a");
        assertThat(failed.toCompletableFuture()).isCompletedExceptionally();
        assertThat(state.awaitNone(Duration.ofNanos(1))).isTrue();
        var pending = state.get("a");
        assertThat(state.awaitNone(Duration.ofMillis(20))).isFalse();
        answer.completeExceptionally(new IllegalStateException("away"));
        assertThat(pending.toCompletableFuture()).isCompletedExceptionally();
        assertThat(state.awaitNone(Duration.ofNanos(1))).isTrue();
    }

    @Test
    void closingAScopeWaitsForItsCalls() throws Exception {
        Blocking blocking = new Blocking();
        Services services = Services.of(
                new Limits(1024, 1024, 10, 1024, 1024, 10),
                blocking,
                new Telemetry(new SimpleMeterRegistry()),
                new AccessLog(),
                LocalEmbeddings.installed(Thread::new));
        HostScope scope = new HostScope(
                new Owner("f", null, Map.of(), Map.of()),
                services,
                () -> {
                    throw new IllegalStateException("no loop is needed");
                },
                slow,
                () -> {});
        AtomicBoolean settled = new AtomicBoolean();
        AtomicBoolean settledWhenClosed = new AtomicBoolean();
        var unused = scope.shared().get("a").thenAccept(value -> settled.set(true));
        Thread closing = new Thread(() -> {
            scope.close();
            settledWhenClosed.set(settled.get());
        });
        closing.start();
        await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
        answer.complete(Optional.empty());
        closing.join();
        assertThat(settledWhenClosed).isTrue();
        blocking.close();
    }
}
