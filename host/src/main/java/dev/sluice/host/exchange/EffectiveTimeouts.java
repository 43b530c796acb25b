package dev.sluice.host.exchange;

import dev.sluice.host.config.Config.Timeouts;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines that hold for a route, or for a try of one of its providers: the route's, or the default where it gives
 * none, and the provider's where that is stricter.
 */
record EffectiveTimeouts(
        Duration connect, Duration firstEvent, Duration answer, Duration idle, Duration total, Duration hook) {
    private static final EffectiveTimeouts DEFAULT = new EffectiveTimeouts(
            Duration.ofSeconds(5),
            Duration.ofSeconds(15),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofMinutes(10),
            Duration.ofSeconds(30));

    /** A route's own. */
    static EffectiveTimeouts of(Timeouts route) {
        return route.equals(Timeouts.NONE)
                ? DEFAULT
                : new EffectiveTimeouts(
                        or(route.connect(), DEFAULT.connect),
                        or(route.firstEvent(), DEFAULT.firstEvent),
                        or(route.answer(), DEFAULT.answer),
                        or(route.idle(), DEFAULT.idle),
                        or(route.total(), DEFAULT.total),
                        or(route.hook(), DEFAULT.hook));
    }

    /** These, made stricter by a provider's. */
    EffectiveTimeouts within(Timeouts provider) {
        return provider.equals(Timeouts.NONE)
                ? this
                : new EffectiveTimeouts(
                        min(connect, provider.connect()),
                        min(firstEvent, provider.firstEvent()),
                        min(answer, provider.answer()),
                        min(idle, provider.idle()),
                        min(total, provider.total()),
                        hook);
    }

    long connectMillis() {
        return Math.max(1, connect.toMillis());
    }

    TryDeadlines newDeadlines(Loop loop) {
        TryDeadlines deadlines = new TryDeadlines(loop);
        deadlines.firstEventWithin(firstEvent);
        deadlines.answerWithin(answer);
        deadlines.idleWithin(idle);
        deadlines.totalWithin(total);
        return deadlines;
    }

    private static Duration or(@Nullable Duration given, Duration otherwise) {
        return given == null ? otherwise : given;
    }

    private static Duration min(Duration a, @Nullable Duration b) {
        return b == null || a.compareTo(b) <= 0 ? a : b;
    }
}
