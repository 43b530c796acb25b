package dev.sluice.plugins.keyfailover;

import dev.sluice.api.Failure;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a failure says of the key that was used. */
enum Trouble {
    /** It is refused. */
    AUTH,
    /** Its account is empty. */
    QUOTA,
    /** It was used too fast. */
    RATE,
    /** A status that the config counts against a key. */
    STATUS;

    private static final int TOO_MANY_REQUESTS = 429;
    /** The codes where a limit of the gateway's own has refused a try: no key had a part in that. */
    private static final Set<String> OUR_LIMITS = Set.of("rate_limited", "quota_exhausted");

    /** Of a failed try; null if it says nothing of the key. */
    static @Nullable Trouble of(Failure failure, Settings settings) {
        if (OUR_LIMITS.contains(failure.code())) {
            return null;
        }
        int status = failure.status();
        StatusPatterns chosen = settings.failoverOn();
        Trouble nature = switch (failure.reason()) {
            case STATUS, IN_BAND -> of(status, failure.code());
            default -> null;
        };
        if (chosen == null) {
            return nature;
        }
        if (nature != null) {
            // An empty account may come as a 400; that one is not the client's own.
            boolean always = StatusPatterns.CLIENTS_OWN.contains(status) || failure.reason() != Failure.Reason.STATUS;
            return always || chosen.match(status) ? nature : null;
        }
        return chosen.match(status == 0 ? failure.asReply().status() : status) && isUpstreams(failure) ? STATUS : null;
    }

    /** By an error answer's status and stable code; null if it says nothing of the key. */
    static @Nullable Trouble of(int status, String code) {
        if (code.equals("upstream_quota") || status == 402) {
            return QUOTA;
        }
        if (code.equals("upstream_auth") || status == 401 || status == 403) {
            return AUTH;
        }
        return status == TOO_MANY_REQUESTS ? RATE : null;
    }

    /** Whether it is the upstream that failed, and not the gateway. */
    private static boolean isUpstreams(Failure failure) {
        return switch (failure.reason()) {
            case NO_ENDPOINT, FILTER -> false;
            default -> true;
        };
    }

    /** As it is written in metrics and pages. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
