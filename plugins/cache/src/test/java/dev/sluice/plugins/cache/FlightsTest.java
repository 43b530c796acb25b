package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Usage;
import dev.sluice.plugins.cache.Flights.Call;
import dev.sluice.plugins.cache.Flights.Seat;
import org.junit.jupiter.api.Test;

final class FlightsTest {
    private final Flights flights = new Flights();

    private static Call told(Seat seat) {
        return seat.word().join().call();
    }

    @Test
    void theFirstLeadsAndBringsTheAnswer() {
        Seat first = flights.board("a");
        Seat second = flights.board("a");
        Seat other = flights.board("b");
        assertThat(first.leads()).isTrue();
        assertThat(second.leads()).isFalse();
        assertThat(other.leads()).isTrue();
        flights.land("a", Entry.of(new CacheKey("a", "", "", ""), 0, Usage.NONE, "{}"));
        assertThat(told(second)).isEqualTo(Call.LANDED);
        assertThat(flights.board("a").leads()).isTrue();
    }

    @Test
    void whoLeavesIsReplaced() {
        Seat first = flights.board("a");
        Seat second = flights.board("a");
        Seat third = flights.board("a");
        second.leave();
        first.leave();
        assertThat(second.word()).isNotDone();
        assertThat(told(third)).isEqualTo(Call.LEAD);
        assertThat(third.leads()).isTrue();
        first.leave();
        assertThat(third.leads()).as("who has left once has no seat any more").isTrue();
        third.leave();
        assertThat(flights.board("a").leads()).isTrue();
    }

    @Test
    void anAnswerThatCannotBeSharedSendsAllOnTheirWay() {
        Seat first = flights.board("a");
        Seat second = flights.board("a");
        second.dismiss();
        assertThat(second.word()).as("only who leads may").isNotDone();
        first.dismiss();
        assertThat(told(second)).isEqualTo(Call.ALONE);
        assertThat(flights.waiting()).isZero();
        first.leave();
    }
}
