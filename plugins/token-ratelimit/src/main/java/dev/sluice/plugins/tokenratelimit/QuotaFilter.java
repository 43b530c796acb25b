package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.plugins.tokenratelimit.Claim.Figure;
import dev.sluice.plugins.tokenratelimit.Quotas.Admin;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Answers an administrator on the data port, as Higress does; no such request goes further. */
final class QuotaFilter implements Filter {
    private static final String CHAT = "/v1/chat/completions";
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final int FORBIDDEN = 403;

    private final Exchange exchange;
    private final Admin admin;
    private final QuotaAdmin quota;
    private final Task task;

    private enum Task {
        QUERY(""),
        REFRESH("/refresh"),
        DELTA("/delta");

        private final String path;

        Task(String path) {
            this.path = path;
        }
    }

    private QuotaFilter(Exchange exchange, Admin admin, QuotaAdmin quota, Task task) {
        this.exchange = exchange;
        this.admin = admin;
        this.quota = quota;
        this.task = task;
    }

    /** Null if the request is none of an administrator. */
    static @Nullable Filter of(Exchange exchange, Admin admin, QuotaAdmin quota) {
        for (Task task : Task.values()) {
            if (exchange.request().path().endsWith(CHAT + admin.path() + task.path)) {
                return new QuotaFilter(exchange, admin, quota, task);
            }
        }
        return null;
    }

    @Override
    public Step onRequest(RequestHead head) {
        String consumer = exchange.get(Key.CONSUMER);
        if (consumer == null) {
            return Refusals.unknown();
        }
        if (!consumer.equals(admin.consumer())) {
            return Reply.error(FORBIDDEN, "forbidden", "this consumer may not administer quotas");
        }
        if (task == Task.QUERY) {
            return answer(head.query() == null ? "" : head.query());
        }
        String type = head.headers().get("content-type");
        boolean form = type != null && type.toLowerCase(Locale.ROOT).startsWith(FORM);
        if (!form || !head.method().equals("POST")) {
            return noForm();
        }
        exchange.put(Key.ANSWERING, "token-ratelimit");
        return Step.next();
    }

    @Override
    public Step onRequestBody(Body body) {
        return answer(new String(body.bytes(), StandardCharsets.UTF_8));
    }

    /** What has had no body comes here. */
    @Override
    public AttemptFilter onAttempt(Attempt attempt) {
        return new AttemptFilter() {
            @Override
            public Step onSend(UpstreamRequest request) {
                return noForm();
            }
        };
    }

    private static Reply noForm() {
        return bad("POST a form (" + FORM + ") with the fields that this takes");
    }

    private static Reply bad(@Nullable String why) {
        return Reply.error(FORBIDDEN, "bad_request", String.valueOf(why));
    }

    private Step answer(String text) {
        try {
            Map<String, String> fields = fields(text);
            String consumer = fields.get("consumer");
            return switch (task) {
                case QUERY ->
                    when(
                            quota.query(consumer),
                            (name, figure) -> Reply.json(200, QuotaAdmin.brief(name, figure)),
                            consumer);
                case REFRESH -> when(quota.refresh(consumer, fields.get("quota")), done("refresh"), consumer);
                case DELTA -> when(quota.delta(consumer, fields.get("value")), done("delta"), consumer);
            };
        } catch (IllegalArgumentException e) {
            return bad(e.getMessage());
        }
    }

    private static BiFunction<String, Figure, Reply> done(String what) {
        return (consumer, figure) -> Reply.bytes(
                200, "text/plain; charset=utf-8", (what + " quota successful").getBytes(StandardCharsets.UTF_8));
    }

    private static Step when(
            CompletionStage<Figure> asked, BiFunction<String, Figure, Reply> answer, @Nullable String consumer) {
        return Step.when(asked.handle((figure, error) ->
                error == null ? answer.apply(String.valueOf(consumer), figure) : Refusals.unchecked()));
    }

    private static Map<String, String> fields(String form) {
        Map<String, String> fields = new HashMap<>();
        for (String pair : form.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
            if (fields.put(name, value) != null) {
                throw new IllegalArgumentException("a field is given twice: give each once");
            }
        }
        return fields;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the form is not percent-encoded as forms are", e);
        }
    }
}
