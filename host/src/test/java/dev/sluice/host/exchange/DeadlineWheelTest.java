package dev.sluice.host.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.host.exchange.DeadlineWheel.Deadline;
import io.vertx.core.Vertx;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deadlines of a loop expire once, in time and never early, wherever they were moved to. */
final class DeadlineWheelTest {
    private static final long MILLI = 1_000_000;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private <T> T onLoop(Consumer<CompletableFuture<T>> task) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        vertx.getOrCreateContext().runOnContext(ignored -> task.accept(result));
        return result.get(30, TimeUnit.SECONDS);
    }

    @Test
    void oneExpiresAndIsNotSetAnyMore() throws Exception {
        boolean[] wasSet = new boolean[2];
        long late = this.<Long>onLoop(result -> {
            DeadlineWheel wheel = new DeadlineWheel(vertx);
            long at = System.nanoTime() + 25 * MILLI;
            Deadline[] deadline = new Deadline[1];
            deadline[0] = wheel.newDeadline(() -> {
                wasSet[1] = deadline[0].isSet();
                result.complete(System.nanoTime() - at);
            });
            deadline[0].set(at);
            wasSet[0] = deadline[0].isSet();
        });
        assertThat(late).isNotNegative();
        assertThat(wasSet).containsExactly(true, false);
    }

    @Test
    void aMovedOneExpiresOnlyWhereItWasMovedTo() throws Exception {
        List<String> expired = this.<List<String>>onLoop(result -> {
            DeadlineWheel wheel = new DeadlineWheel(vertx);
            List<String> order = new ArrayList<>();
            Deadline earlier = wheel.newDeadline(() -> order.add("earlier"));
            Deadline later = wheel.newDeadline(() -> order.add("later"));
            long now = System.nanoTime();
            later.set(now + 10 * MILLI);
            earlier.set(now + 20 * MILLI);
            later.set(now + 60 * MILLI);
            wheel.newDeadline(() -> result.complete(order)).set(now + 100 * MILLI);
        });
        assertThat(expired).containsExactly("earlier", "later");
    }

    @Test
    void oneThatAnotherClearsInTheSameTickDoesNotExpire() throws Exception {
        List<String> expired = this.<List<String>>onLoop(result -> {
            DeadlineWheel wheel = new DeadlineWheel(vertx);
            List<String> order = new ArrayList<>();
            Deadline[] both = new Deadline[2];
            both[0] = wheel.newDeadline(() -> {
                order.add("first");
                both[1].clear();
            });
            both[1] = wheel.newDeadline(() -> {
                order.add("second");
                both[0].clear();
            });
            long now = System.nanoTime();
            both[0].set(now + 15 * MILLI);
            both[1].set(now + 15 * MILLI);
            wheel.newDeadline(() -> result.complete(order)).set(now + 60 * MILLI);
        });
        assertThat(expired).hasSize(1);
    }

    @Test
    void aTickingWheelHoldsNoneThatIsNotSetAnyMore() throws Exception {
        DeadlineWheel[] wheel = new DeadlineWheel[1];
        WeakReference<Runnable> first = this.<WeakReference<Runnable>>onLoop(result -> {
            wheel[0] = new DeadlineWheel(vertx);
            Runnable held = new AtomicInteger()::incrementAndGet;
            Deadline deadline = wheel[0].newDeadline(held);
            deadline.set(System.nanoTime() + 3_600_000 * MILLI);
            // Another one keeps it ticking.
            wheel[0].newDeadline(() -> {}).set(System.nanoTime() + 3_600_000 * MILLI);
            deadline.clear();
            result.complete(new WeakReference<>(held));
        });
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            return first.refersTo(null);
        });
    }

    @Test
    void oneInThePastExpiresAtTheNextTick() throws Exception {
        boolean expired = this.<Boolean>onLoop(result -> {
            DeadlineWheel wheel = new DeadlineWheel(vertx);
            wheel.newDeadline(() -> result.complete(true)).set(System.nanoTime() - 5_000 * MILLI);
        });
        assertThat(expired).isTrue();
    }

    @Test
    void oneThatSharesASlotWithALaterRoundLeavesThatAlone() throws Exception {
        // 1,024 slots of 10 ms: these two meet in one slot, a round apart.
        boolean farIsSet = this.<Boolean>onLoop(result -> {
            DeadlineWheel wheel = new DeadlineWheel(vertx);
            Deadline far = wheel.newDeadline(() -> result.completeExceptionally(new AssertionError("expired early")));
            long now = System.nanoTime();
            far.set(now + 30 * MILLI + 10_240 * MILLI);
            wheel.newDeadline(() -> result.complete(far.isSet())).set(now + 30 * MILLI);
        });
        assertThat(farIsSet).isTrue();
    }

    @Test
    void anEmptyWheelStandsStillAndStartsAgain() throws Exception {
        boolean expired = this.<Boolean>onLoop(result -> {
            DeadlineWheel wheel = new DeadlineWheel(vertx);
            Deadline second = wheel.newDeadline(() -> result.complete(true));
            Deadline first =
                    wheel.newDeadline(() -> vertx.setTimer(50, ignored -> second.set(System.nanoTime() + 20 * MILLI)));
            first.set(System.nanoTime() + 10 * MILLI);
        });
        assertThat(expired).isTrue();
    }
}
