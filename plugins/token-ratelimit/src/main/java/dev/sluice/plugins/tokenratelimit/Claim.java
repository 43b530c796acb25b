package dev.sluice.plugins.tokenratelimit;

import java.util.ArrayList;
import java.util.List;

/**
 * What one request has taken of one rule, or what it was refused. Immutable.
 *
 * @param local whether it was taken from this node's own count
 * @param figures one for each of the rule's limits; empty if nobody was asked
 */
record Claim(
        Rule rule, Subject subject, boolean granted, boolean local, Reservation reservation, List<Figure> figures) {

    /**
     * How a limit stands.
     *
     * @param used and reserved, what was taken now included
     * @param reset until all that was used has left, in milliseconds
     * @param until what was asked fits
     * @param end of the reservation
     * @param refused whether it was this limit
     */
    record Figure(Limit limit, long used, long reserved, long reset, long until, long end, boolean refused) {
        /** Of the limit whose place in the run is {@code index}. */
        static Figure of(Limit limit, int index, List<String> answer) {
            int at = 1 + index * Windows.ANSWERS;
            long reset = Long.parseLong(answer.get(at + 2));
            long fourth = Long.parseLong(answer.get(at + 3));
            boolean budget = limit.budget() != null;
            return new Figure(
                    budget ? limit.holding(fourth) : limit,
                    Long.parseLong(answer.get(at)),
                    Long.parseLong(answer.get(at + 1)),
                    reset,
                    budget ? reset : fourth,
                    Long.parseLong(answer.get(at + 4)),
                    answer.get(at + 5).equals("1"));
        }

        long remaining() {
            return Math.max(0, limit.capacity() - used - reserved);
        }
    }

    /** One to whom nobody has counted anything. */
    static Claim uncounted(Rule rule, Subject subject, boolean granted) {
        return new Claim(rule, subject, granted, false, Reservation.NONE, List.of());
    }

    static Claim of(
            Rule rule,
            Subject subject,
            List<Limit> limits,
            Reservation reservation,
            boolean local,
            List<String> answer) {
        List<Figure> figures = new ArrayList<>();
        for (int i = 0; i < limits.size(); i++) {
            figures.add(Figure.of(limits.get(i), i, answer));
        }
        return new Claim(rule, subject, answer.get(0).equals("1"), local, reservation, List.copyOf(figures));
    }

    /** Whether another rule would have refused what this one has let through. */
    boolean isOver() {
        return figures.stream().anyMatch(figure -> {
            long beyond = figure.limit().isMetered() ? reservation.beyond() : 0;
            return figure.used() + figure.reserved() - beyond > figure.limit().capacity();
        });
    }

    /** Whether there would be room if nothing were under way: soon, and maybe not for long. */
    boolean isHeldByOthers(Figure figure) {
        return figure.limit().isMetered()
                && figure.used() + reservation.asked() <= figure.limit().capacity()
                && figure.used() < figure.limit().capacity();
    }

    /** The limit that refused; the first if none is said to have. */
    Figure tightest() {
        return figures.stream().filter(Figure::refused).findFirst().orElseGet(() -> figures.get(0));
    }
}
