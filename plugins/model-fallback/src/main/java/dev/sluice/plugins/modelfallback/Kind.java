package dev.sluice.plugins.modelfallback;

import dev.sluice.api.Failure;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Triggers;
import java.util.Locale;

/** The kinds of failures, as the triggers tell them apart. */
enum Kind {
    CONNECT_ERROR(true),
    CONNECT_TIMEOUT(false),
    FIRST_EVENT_TIMEOUT(false),
    ANSWER_TIMEOUT(false),
    IDLE_TIMEOUT(false),
    RESET(true),
    BAD_ANSWER(false),
    REQUEST_TIMEOUT(true),
    RATE_LIMIT(true),
    SERVER_ERROR(true),
    OVERLOADED(true),
    NO_ENDPOINT(false),
    NO_KEY(false),
    IN_BAND_ERROR(true),
    CONTEXT_LENGTH(false),
    CONTENT_FILTER(false),
    /** The caller's own mistake, or a filter's. */
    OTHER(false);

    private final boolean worthRepeating;

    Kind(boolean worthRepeating) {
        this.worthRepeating = worthRepeating;
    }

    static Kind of(Failure failure) {
        return switch (failure.code()) {
            case "context_length" -> CONTEXT_LENGTH;
            case "content_blocked" -> CONTENT_FILTER;
            case "upstream_auth", "upstream_quota", "no_credential" -> NO_KEY;
            default -> byReason(failure);
        };
    }

    private static Kind byReason(Failure failure) {
        return switch (failure.reason()) {
            case CONNECT -> CONNECT_ERROR;
            case CONNECT_TIMEOUT -> CONNECT_TIMEOUT;
            case FIRST_EVENT_TIMEOUT -> FIRST_EVENT_TIMEOUT;
            case ANSWER_TIMEOUT, TOTAL_TIMEOUT -> ANSWER_TIMEOUT;
            case IDLE_TIMEOUT -> IDLE_TIMEOUT;
            case BROKEN -> RESET;
            case BAD_ANSWER -> BAD_ANSWER;
            case NO_ENDPOINT -> NO_ENDPOINT;
            case STATUS -> byStatus(failure);
            case IN_BAND -> inBand(failure);
            default -> OTHER;
        };
    }

    private static Kind byStatus(Failure failure) {
        int status = failure.status();
        if (failure.code().equals("upstream_broken")) {
            return RESET;
        }
        return switch (status) {
            case 401, 403 -> NO_KEY;
            case 408 -> REQUEST_TIMEOUT;
            case 429 -> RATE_LIMIT;
            case 529 -> OVERLOADED;
            default -> status >= 500 ? SERVER_ERROR : OTHER;
        };
    }

    private static Kind inBand(Failure failure) {
        if (failure.code().equals("upstream_broken")) {
            return RESET;
        }
        boolean callers = failure.status() >= 400 && failure.status() < 500 && !failure.isTransient();
        return callers ? OTHER : IN_BAND_ERROR;
    }

    boolean isOn(Triggers triggers) {
        return switch (this) {
            case CONNECT_ERROR -> triggers.connectError();
            case CONNECT_TIMEOUT -> triggers.connectTimeout();
            case FIRST_EVENT_TIMEOUT -> triggers.firstEventTimeout();
            case ANSWER_TIMEOUT -> triggers.answerTimeout();
            case IDLE_TIMEOUT -> triggers.idleTimeout();
            case RESET -> triggers.reset();
            case BAD_ANSWER -> triggers.badAnswer();
            case REQUEST_TIMEOUT -> triggers.requestTimeout();
            case RATE_LIMIT -> triggers.rateLimit();
            case SERVER_ERROR -> triggers.serverError();
            case OVERLOADED -> triggers.overloaded();
            case NO_ENDPOINT -> triggers.noEndpoint();
            case NO_KEY -> triggers.noKey();
            case IN_BAND_ERROR -> triggers.inBandError();
            case CONTEXT_LENGTH -> triggers.contextLength();
            case CONTENT_FILTER -> triggers.contentFilter();
            case OTHER -> false;
        };
    }

    /** Whether the same target may well answer if it is asked once more; one that was silent would be silent again. */
    boolean isWorthRepeating() {
        return worthRepeating;
    }

    /** Whether it says something about the target's health; the other kinds say only that it answers. */
    boolean isOfTheTarget() {
        return this != CONTEXT_LENGTH && this != CONTENT_FILTER && this != OTHER;
    }

    /** As headers, metrics and the log call it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
