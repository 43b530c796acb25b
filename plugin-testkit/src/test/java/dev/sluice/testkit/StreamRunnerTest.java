package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHooks;
import dev.sluice.testkit.StreamRunner.State;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class StreamRunnerTest {
    private static final Event A = Event.data("a");
    private static final Event B = Event.data("b");
    private static final Event C = Event.data("c");
    private static final Event END = Event.data("end");

    private final List<Event> arrived = new ArrayList<>();

    /** Hooks that do so with each event and send END at the end. */
    private ResponseHooks hooks(Function<Event, Events> onEvent) {
        return new ResponseHooks() {
            @Override
            public Events onEvent(Event event) {
                arrived.add(event);
                return onEvent.apply(event);
            }

            @Override
            public Events onEnd() {
                return END;
            }
        };
    }

    @Test
    void passesChangesAddsAndDrops() {
        ResponseHooks hooks = hooks(e -> e.equals(A) ? A : e.equals(B) ? Events.of(B, B) : Events.none());
        assertThat(StreamRunner.through(hooks, List.of(A, B, C))).containsExactly(A, B, B, END);
    }

    @Test
    void takesHeldForABeginning() {
        StreamRunner run = StreamRunner.of(hooks(e -> e.equals(A) ? Events.none() : Events.held()));
        assertThat(run.send(A).began()).isFalse();
        assertThat(run.send(B).began()).isTrue();
        assertThat(run.out()).isEmpty();
        assertThat(run.state()).isEqualTo(State.OPEN);
    }

    @Test
    void stopsReadingBehindAWhen() {
        CompletableFuture<Events> decision = new CompletableFuture<>();
        StreamRunner run = StreamRunner.of(hooks(e -> e.equals(A) ? Events.when(decision) : e))
                .send(A, B)
                .end();
        assertThat(arrived).containsExactly(A);
        assertThat(run.unread()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        decision.complete(Events.of(A, A));
        assertThat(run.out()).containsExactly(A, A, B, END);
        assertThat(run.state()).isEqualTo(State.ENDED);
    }

    @Test
    void readsOnBehindAMeanwhileAndKeepsTheOrder() {
        CompletableFuture<Events> first = new CompletableFuture<>();
        CompletableFuture<Events> second = new CompletableFuture<>();
        StreamRunner run = StreamRunner.of(
                        hooks(e -> e.equals(A) ? Events.meanwhile(first) : e.equals(B) ? Events.meanwhile(second) : e))
                .send(A, B, C)
                .end();
        assertThat(arrived).containsExactly(A, B, C);
        assertThat(run.openSlots()).isEqualTo(2);
        second.complete(B);
        assertThat(run.out()).isEmpty();
        assertThat(run.state()).isEqualTo(State.OPEN);
        first.complete(Events.when(CompletableFuture.completedFuture(A)));
        assertThat(run.out()).containsExactly(A, B, C, END);
        assertThat(run.state()).isEqualTo(State.ENDED);
    }

    @Test
    void endsWhereTheFilterSaysSo() {
        StreamRunner run = StreamRunner.of(hooks(e -> e.equals(B) ? Events.end(B) : e))
                .send(A, B, C)
                .end();
        assertThat(arrived).containsExactly(A, B);
        assertThat(run.out()).containsExactly(A, B);
        assertThat(run.state()).isEqualTo(State.ENDED);
    }

    @Test
    void dropsWhatQueuesBehindASlotThatEnds() {
        CompletableFuture<Events> slot = new CompletableFuture<>();
        StreamRunner run = StreamRunner.of(hooks(e -> e.equals(A) ? Events.meanwhile(slot) : e))
                .send(A, B, C);
        slot.complete(Events.end(A));
        assertThat(run.out()).containsExactly(A);
        assertThat(run.state()).isEqualTo(State.ENDED);
    }

    @Test
    void failsWithoutWaitingForSlots() {
        Reply bad = Reply.error(502, "bad", "bad");
        StreamRunner run = StreamRunner.of(
                        hooks(e -> e.equals(A) ? Events.meanwhile(new CompletableFuture<>()) : Events.fail(bad)))
                .send(A, B);
        assertThat(run.state()).isEqualTo(State.FAILED);
        assertThat(run.reply()).isSameAs(bad);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void isReplacedByAWholeAnswer() {
        Reply whole = Reply.chat("all");
        StreamRunner run = StreamRunner.of(hooks(e -> e.equals(B) ? Events.instead(whole) : Events.held()))
                .send(A, B);
        assertThat(run.state()).isEqualTo(State.REPLACED);
        assertThat(run.reply()).isSameAs(whole);
    }

    @Test
    void refusesAReplacementOnceSomethingIsOut() {
        StreamRunner run = StreamRunner.of(hooks(e -> e.equals(B) ? Events.instead(Reply.chat("all")) : e))
                .send(A);
        assertThatThrownBy(() -> run.send(B))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the filter failed: a stream of which 1 events have left the filter cannot be replaced by"
                        + " Reply[200 CHAT]");
    }

    @Test
    void throwsWhatAHookThrows() {
        StreamRunner run = StreamRunner.of(hooks(e -> {
            throw new IllegalArgumentException("no");
        }));
        assertThatThrownBy(() -> run.send(A))
                .hasMessage("the filter failed: no")
                .hasRootCauseInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(run::out).hasMessage("the filter failed: no");
    }

    @Test
    void throwsWhatFailedAStage() {
        CompletableFuture<Events> decision = new CompletableFuture<>();
        StreamRunner run = StreamRunner.of(hooks(e -> Events.when(decision))).send(A);
        decision.completeExceptionally(new IllegalArgumentException("late"));
        assertThatThrownBy(run::out).hasMessage("the filter failed: late");
    }

    @Test
    void saysThatAStreamHasNotEnded() {
        ResponseHooks hooks = hooks(e -> Events.meanwhile(new CompletableFuture<>()));
        assertThatThrownBy(() -> StreamRunner.through(hooks, List.of(A)))
                .isInstanceOf(AssertionError.class)
                .hasMessage("the stream has not ended but is OPEN after []");
        assertThatThrownBy(() -> StreamRunner.of(hooks).end().send(A)).hasMessage("nothing can arrive after the end");
    }
}
