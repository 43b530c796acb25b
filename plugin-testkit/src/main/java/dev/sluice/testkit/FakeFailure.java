package dev.sluice.testkit;

import dev.sluice.api.Attempt;
import dev.sluice.api.Body;
import dev.sluice.api.Failure;
import dev.sluice.api.Reply;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Why a try failed, for the unit test of a filter: retriable and not accepted, unless told. */
public final class FakeFailure implements Failure {
    private final Attempt attempt;
    private final Reason reason;
    private final int status;
    private @Nullable String code;
    private @Nullable Duration retryAfter;
    private @Nullable Body body;
    private boolean canRetry = true;
    private boolean accepted;

    private FakeFailure(Attempt attempt, Reason reason, int status) {
        this.attempt = attempt;
        this.reason = reason;
        this.status = status;
    }

    /** A failure of that kind, without an answer. */
    public static FakeFailure of(Attempt attempt, Reason reason) {
        return new FakeFailure(attempt, reason, 0);
    }

    /** An answer with that error status. */
    public static FakeFailure status(Attempt attempt, int status) {
        return new FakeFailure(attempt, Reason.STATUS, status);
    }

    /** The same, with this code in place of the one that its kind has. */
    public FakeFailure code(String code) {
        this.code = code;
        return this;
    }

    /** The same, with this body of JSON. */
    public FakeFailure body(String json) {
        this.body = FakeBody.json(json);
        return this;
    }

    /** The same, where the upstream asked to wait. */
    public FakeFailure retryAfter(Duration wait) {
        this.retryAfter = wait;
        return this;
    }

    /** The same, after the client was given a part of the answer. */
    public FakeFailure afterAcceptance() {
        this.accepted = true;
        return this;
    }

    /** The same, with no further try possible. */
    public FakeFailure last() {
        this.canRetry = false;
        return this;
    }

    @Override
    public Attempt attempt() {
        return attempt;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public String code() {
        if (code != null) {
            return code;
        }
        return switch (reason) {
            case CONNECT_TIMEOUT, FIRST_EVENT_TIMEOUT, ANSWER_TIMEOUT, IDLE_TIMEOUT, TOTAL_TIMEOUT ->
                "upstream_timeout";
            case CONNECT, BROKEN, BAD_ANSWER, NO_ENDPOINT -> "upstream_broken";
            case FILTER -> "filter_failed";
            default -> status == 401 || status == 403 ? "upstream_auth" : "upstream_error";
        };
    }

    @Override
    public Reason reason() {
        return reason;
    }

    @Override
    public boolean isTransient() {
        return switch (reason) {
            case STATUS -> status == 408 || status == 429 || status >= 500;
            case FILTER, BAD_ANSWER, NO_ENDPOINT -> false;
            default -> true;
        };
    }

    @Override
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }

    @Override
    public @Nullable Body body() {
        return body;
    }

    @Override
    public boolean canRetry() {
        return canRetry;
    }

    @Override
    public boolean accepted() {
        return accepted;
    }

    @Override
    public Reply asReply() {
        return switch (code()) {
            case "upstream_timeout" -> Reply.error(504, code(), "the upstream did not answer in time");
            case "filter_failed" -> Reply.error(500, code(), "a filter failed");
            case "upstream_error" -> Reply.error(status >= 400 ? status : 502, code(), "the upstream failed");
            default -> Reply.error(502, code(), "the upstream failed");
        };
    }

    @Override
    public String toString() {
        return reason + (status == 0 ? "" : " " + status);
    }
}
