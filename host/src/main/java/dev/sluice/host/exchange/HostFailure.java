package dev.sluice.host.exchange;

import dev.sluice.api.Body;
import dev.sluice.api.Failure;
import dev.sluice.api.Reply;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** Why a try failed, and the answer it gave, if it gave one. */
final class HostFailure implements Failure {
    private final HostAttempt attempt;
    private final Reason reason;
    private final int status;
    private final String code;
    private final String message;
    private final @Nullable HostResponseHead head;
    private final @Nullable HostBody body;
    private final boolean accepted;
    private final boolean canRetry;
    private final @Nullable Reply spelled;

    private HostFailure(
            HostAttempt attempt,
            Reason reason,
            int status,
            String code,
            String message,
            @Nullable HostResponseHead head,
            @Nullable HostBody body,
            boolean accepted,
            boolean canRetry,
            @Nullable Reply spelled) {
        this.attempt = attempt;
        this.reason = reason;
        this.status = status;
        this.code = code;
        this.message = message;
        this.head = head;
        this.body = body;
        this.accepted = accepted;
        this.canRetry = canRetry;
        this.spelled = spelled;
    }

    /** A failure without an answer. */
    static HostFailure of(HostAttempt attempt, Reason reason, String message, boolean accepted, boolean canRetry) {
        return new HostFailure(attempt, reason, 0, code(reason), message, null, null, accepted, canRetry, null);
    }

    /** A failure that a filter spelled. */
    static HostFailure of(HostAttempt attempt, Reply reply, boolean accepted, boolean canRetry) {
        String text = reply.text();
        return new HostFailure(
                attempt,
                Reason.IN_BAND,
                reply.status(),
                reply.code().isEmpty() ? "upstream_error" : reply.code(),
                text == null ? "the provider reported an error" : text,
                null,
                null,
                accepted,
                canRetry,
                reply.kind() == Reply.Kind.ERROR ? reply : null);
    }

    /**
     * An error answer.
     *
     * @param sent what the upstream sent, as the try's filters edited it; null if one of them answered in its place
     * @param head as it left the try's filters, which may be a reply's
     * @param body null: it went past the filters as it came
     */
    static HostFailure of(
            HostAttempt attempt,
            @Nullable HostResponseHead sent,
            HostResponseHead head,
            @Nullable HostBody body,
            String code,
            boolean accepted,
            boolean canRetry) {
        return new HostFailure(
                attempt,
                Reason.STATUS,
                sent != null && sent.status() >= 400 ? sent.status() : head.status(),
                code,
                "the provider answered with status " + head.status(),
                head,
                body,
                accepted,
                canRetry,
                null);
    }

    private static String code(Reason reason) {
        return switch (reason) {
            case CONNECT_TIMEOUT, FIRST_EVENT_TIMEOUT, ANSWER_TIMEOUT, IDLE_TIMEOUT, TOTAL_TIMEOUT ->
                "upstream_timeout";
            case BROKEN -> "upstream_broken";
            case FILTER -> "filter_failed";
            default -> "upstream_error";
        };
    }

    private int replyStatus() {
        if (status >= 400) {
            return status;
        }
        return switch (reason) {
            case CONNECT_TIMEOUT, FIRST_EVENT_TIMEOUT, ANSWER_TIMEOUT, IDLE_TIMEOUT, TOTAL_TIMEOUT -> 504;
            case NO_ENDPOINT -> 503;
            case FILTER -> 500;
            default -> 502;
        };
    }

    /** The error answer as it came, for the way up; null if there was none. */
    @Nullable
    Answer answer() {
        return head == null || body == null ? null : new Answer(head, body, java.util.List.of(), Duration.ZERO, false);
    }

    String message() {
        return message;
    }

    @Override
    public HostAttempt attempt() {
        return attempt;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public String code() {
        return code;
    }

    @Override
    public Reason reason() {
        return reason;
    }

    @Override
    public boolean isTransient() {
        return switch (reason) {
            case STATUS, IN_BAND -> !isOfTheAccount() && (status == 408 || status == 429 || status >= 500);
            case BAD_ANSWER, FILTER -> false;
            default -> true;
        };
    }

    /** Whether it stays until somebody pays, or changes the key. */
    private boolean isOfTheAccount() {
        return code.equals("upstream_quota") || code.equals("upstream_auth");
    }

    @Override
    public @Nullable Duration retryAfter() {
        String value = head == null ? null : head.headers().get("retry-after");
        if (value == null) {
            return null;
        }
        try {
            return Duration.ofSeconds(Math.max(0, Long.parseLong(value.trim())));
        } catch (NumberFormatException notSeconds) {
            return untilDate(value);
        }
    }

    private static @Nullable Duration untilDate(String value) {
        try {
            ZonedDateTime date = ZonedDateTime.parse(value.trim(), DateTimeFormatter.RFC_1123_DATE_TIME);
            Duration wait = Duration.between(ZonedDateTime.now(date.getZone()), date);
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeException neitherDate) {
            return null;
        }
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
        if (spelled != null) {
            return spelled;
        }
        if (head == null || body == null) {
            return Reply.error(replyStatus(), code, message);
        }
        Reply reply = body.isJson()
                ? Reply.json(head.status(), body.json())
                : Reply.bytes(head.status(), contentType(head), body.bytes());
        String wait = head.headers().get("retry-after");
        return wait == null ? reply : reply.header("retry-after", wait);
    }

    private static String contentType(HostResponseHead head) {
        String type = head.headers().get("content-type");
        return type == null ? "application/octet-stream" : type;
    }

    @Override
    public String toString() {
        return reason + (status == 0 ? "" : " " + status) + " " + code;
    }
}
