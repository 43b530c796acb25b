package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One run of the script, in the making: one key for each limit that it concerns. Confined to its maker until it is run.
 */
final class Change {
    /** Before any time. */
    static final long NEVER = Long.MIN_VALUE;

    private final List<String> keys = new ArrayList<>();
    private final List<String> args = new ArrayList<>();
    private final List<Place> places = new ArrayList<>();
    private String group = "";
    private Script script = Windows.SCRIPT;
    private long charged;
    private long sentAt = NEVER;

    /** What one of its keys is about. */
    record Place(Rule rule, Subject subject, Limit limit) {}

    /** What a request asks of a rule. */
    static Change take(Rule rule, Subject subject, List<Limit> limits, Reservation reservation, Duration ttl) {
        Change change = new Change();
        for (Limit limit : limits) {
            String check = rule.shadow() ? "none" : limit.isMetered() ? rule.check() : "strict";
            long reserved = switch (limit.currency()) {
                case TOKENS, MONEY -> reservation.held();
                case REQUESTS -> 0;
                case CONCURRENCY -> 1;
            };
            long at = limit.currency() == Limit.Currency.REQUESTS ? 1 : 0;
            long asked = limit.isMetered() ? reservation.asked() : reserved;
            change.add(rule, subject, limit, check, ttl, 0, 0, 0, reserved, at, asked);
        }
        return change;
    }

    /** What an administrator does to a budget, as {@link Budgets} knows it; {@code none} only looks. */
    static Change administer(Rule rule, Subject subject, String how, long amount, Duration ttl) {
        Change change = new Change();
        for (Limit limit : rule.limits()) {
            change.add(rule, subject, limit, how, ttl, 0, 0, 0, amount, 0, amount);
        }
        return change;
    }

    /**
     * What it has used in the end, in place of what it had reserved.
     *
     * @param first whether it is settled for the first time: what it has reserved is given back, or, where nobody was asked
     *     before, the request itself is counted
     */
    static Change settle(Claim claim, long cost, Duration ttl, boolean first) {
        Change change = new Change();
        for (Claim.Figure figure : claim.figures()) {
            boolean asked = figure.end() != 0;
            switch (figure.limit().currency()) {
                case TOKENS, MONEY ->
                    change.back(
                            claim,
                            figure,
                            ttl,
                            cost,
                            first ? claim.reservation().held() : 0);
                case REQUESTS -> change.back(claim, figure, ttl, first && !asked ? 1 : 0, 0);
                case CONCURRENCY -> change.back(claim, figure, ttl, 0, first && asked ? 1 : 0);
            }
        }
        return change;
    }

    /** As if it had never asked. */
    static Change release(Claim claim, Duration ttl) {
        Change change = new Change();
        for (Claim.Figure figure : claim.figures()) {
            if (figure.end() == 0) {
                continue;
            }
            switch (figure.limit().currency()) {
                case TOKENS, MONEY ->
                    change.back(claim, figure, ttl, 0, claim.reservation().held());
                case REQUESTS -> change.back(claim, figure, ttl, -1, 0);
                case CONCURRENCY -> change.back(claim, figure, ttl, 0, 1);
            }
        }
        return change;
    }

    private void back(Claim claim, Claim.Figure figure, Duration ttl, long charge, long back) {
        if (charge != 0 || back != 0) {
            add(claim.rule(), claim.subject(), figure.limit(), "none", ttl, charge, back, figure.end(), 0, 0, 0);
        }
    }

    private void add(
            Rule rule,
            Subject subject,
            Limit limit,
            String check,
            Duration ttl,
            long charge,
            long back,
            long backEnd,
            long want,
            long take,
            long asked) {
        group = "{" + rule.id() + "|" + subject.key() + "}";
        keys.add(group + limit.suffix());
        places.add(new Place(rule, subject, limit));
        charged += limit.currency() == Limit.Currency.TOKENS ? charge : 0;
        if (limit.budget() != null) {
            script = Budgets.SCRIPT;
            args.addAll(List.of(
                    Long.toString(limit.amount()),
                    Long.toString(limit.budget().endsAt()),
                    Long.toString(ttl.toMillis()),
                    check));
            for (long number : new long[] {charge, back, backEnd, want, asked}) {
                args.add(Long.toString(number));
            }
            return;
        }
        args.add(limit.algorithm());
        for (long number : new long[] {limit.amount(), limit.window().toMillis(), limit.capacity()}) {
            args.add(Long.toString(number));
        }
        args.add(check);
        for (long number : new long[] {ttl.toMillis(), charge, back, backEnd, want, take, asked}) {
            args.add(Long.toString(number));
        }
    }

    /**
     * Has it made once, however often it is run.
     *
     * @param id of this change alone, over all nodes
     * @param remembered how long it is known that it was made
     */
    void once(String id, Duration remembered) {
        keys.add(group + "i" + id);
        args.add(Long.toString(remembered.toMillis()));
    }

    boolean isOnce() {
        return keys.size() > places.size();
    }

    /** When it was first sent, in milliseconds; or {@link #NEVER}. Whoever sends it says so. */
    long sentAt() {
        return sentAt;
    }

    void sent(long now) {
        if (sentAt == NEVER) {
            sentAt = now;
        }
    }

    boolean isEmpty() {
        return keys.isEmpty();
    }

    /** Which script it is a run of: a rule has windows, or it is a budget. */
    Script script() {
        return script;
    }

    List<String> keys() {
        return keys;
    }

    List<String> args() {
        return args;
    }

    /** What its limits' keys are about, in their order, which are its first. */
    List<Place> places() {
        return places;
    }

    /** Tokens that it charges. */
    long charged() {
        return charged;
    }
}
