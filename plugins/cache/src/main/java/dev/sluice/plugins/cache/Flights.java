package dev.sluice.plugins.cache;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Requests under way, by key: the first of several identical ones leads, the others wait for its answer. When it leaves
 * without one, the next leads. Of one node. Thread-safe.
 */
final class Flights {
    private final ConcurrentMap<String, Flight> flights = new ConcurrentHashMap<>();

    /** What a waiting request is told. */
    enum Call {
        /** The answer is there. */
        LANDED,
        /** It is its turn to lead. */
        LEAD,
        /** Waiting is of no use: the answer cannot be shared. */
        ALONE
    }

    /**
     * What a waiting request is told.
     *
     * @param entry the answer; null unless it has landed
     */
    record Word(Call call, @Nullable Entry entry) {
        private static final Word LEAD = new Word(Call.LEAD, null);
        private static final Word ALONE = new Word(Call.ALONE, null);
    }

    private static final class Flight {
        private Seat leader;
        private final Deque<Seat> waiting = new ArrayDeque<>();

        Flight(Seat leader) {
            this.leader = leader;
        }
    }

    /** Joins the flight of that key; the first on it leads. */
    Seat board(String hash) {
        Seat seat = new Seat(hash);
        flights.compute(hash, (key, flight) -> {
            if (flight == null) {
                seat.leads = true;
                return new Flight(seat);
            }
            flight.waiting.add(seat);
            return flight;
        });
        return seat;
    }

    /** Gives everybody who waits for that key the answer, whoever brought it. */
    void land(String hash, Entry entry) {
        end(hash, new Word(Call.LANDED, entry));
    }

    private void end(String hash, Word word) {
        Flight ended = flights.remove(hash);
        if (ended != null) {
            // Nobody boards or leaves it any more: both do so only within the map's own step.
            List.copyOf(ended.waiting).forEach(seat -> seat.word.complete(word));
        }
    }

    /** How many requests wait. */
    int waiting() {
        int[] count = {0};
        flights.keySet()
                .forEach(hash -> flights.computeIfPresent(hash, (key, flight) -> {
                    count[0] += flight.waiting.size();
                    return flight;
                }));
        return count[0];
    }

    /** A request's place on a flight. */
    final class Seat {
        private final String hash;
        private final CompletableFuture<Word> word = new CompletableFuture<>();
        private volatile boolean leads;

        private Seat(String hash) {
            this.hash = hash;
        }

        /** Whether it is for this request to bring the answer. */
        boolean leads() {
            return leads;
        }

        /** What this request, which waits, is told; completes on any thread. */
        CompletableFuture<Word> word() {
            return word;
        }

        /** Goes; if it leads, the next does from now on. */
        void leave() {
            AtomicReference<@Nullable Seat> next = new AtomicReference<>();
            flights.computeIfPresent(hash, (key, flight) -> {
                if (flight.leader != this) {
                    flight.waiting.remove(this);
                    return flight;
                }
                Seat first = flight.waiting.poll();
                if (first == null) {
                    return null;
                }
                first.leads = true;
                flight.leader = first;
                next.set(first);
                return flight;
            });
            leads = false;
            Seat promoted = next.get();
            if (promoted != null) {
                promoted.word.complete(Word.LEAD);
            }
        }

        /** Sends everybody who waits on their own way, if it leads: the answer is one that cannot be shared. */
        void dismiss() {
            if (leads) {
                end(hash, Word.ALONE);
            }
        }
    }
}
