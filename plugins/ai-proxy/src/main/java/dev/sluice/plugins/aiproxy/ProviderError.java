package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.llm.ChatReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A provider's error as a client may see it: a stable code, its message without addresses and keys.
 *
 * @param spelled what the provider calls it: its type, code and parameter, for clients of its own dialect
 */
record ProviderError(int status, String code, String message, Spelled spelled) {

    /** A provider's own words. */
    record Spelled(
            @Nullable String type,
            @Nullable String code,
            @Nullable String param) {
        private static final Spelled NOT = new Spelled(null, null, null);

        static Spelled in(JsonNode error) {
            return new Spelled(word(error.path("type")), word(error.path("code")), word(error.path("param")));
        }

        /** Only what can be a name: an echoed key is none. */
        private static @Nullable String word(JsonNode field) {
            String word = field.isTextual() ? field.textValue() : "";
            boolean isName =
                    WORD.matcher(word).matches() && !LIKE_A_KEY.matcher(word).find();
            return isName && Redaction.of(word).equals(word) ? word : null;
        }
    }

    /** Names have no such runs: digits and letters mixed. */
    private static final Pattern LIKE_A_KEY = Pattern.compile("(?=[a-zA-Z]*[0-9])[a-zA-Z0-9]{16,}");

    private static final Pattern WORD = Pattern.compile("[a-zA-Z][a-zA-Z0-9_.\\[\\]-]{0,63}");
    /** Types and codes by which providers say that an account is empty; OpenAI does with a 429. */
    private static final List<String> NO_CREDIT =
            List.of("insufficient_quota", "current_quota", "insufficient_balance", "billing", "arrearage", "overdue");
    /**
     * How Anthropic says it, with a 400. Only a message that begins so: providers repeat words of the client's in their
     * messages, and whoever could have a gateway believe that its accounts are empty could have it give up its keys.
     */
    private static final String NO_CREDIT_MESSAGE = "your credit balance is too low";
    /** Types, codes and reasons by which providers refuse a key with a 400; never a message, for the same reason. */
    private static final List<String> BAD_KEY = List.of("invalid_api_key", "api_key_invalid", "invalid_iam_token");

    /** How xAI refuses a key, with a 400 that has neither; only a message that begins so. */
    private static final String BAD_KEY_MESSAGE = "incorrect api key provided";

    /** What an error inside an answer would have been as a status, by a word of its type or code. */
    private static final List<Map.Entry<String, Integer>> STATUSES = List.of(
            Map.entry("rate_limit", 429),
            Map.entry("overloaded", 503),
            Map.entry("invalid_request", 400),
            Map.entry("authentication", 401),
            Map.entry("permission", 403),
            Map.entry("not_found", 404),
            Map.entry("request_too_large", 413),
            Map.entry("timeout", 504));
    /**
     * What MiniMax's own codes, of answers with status 200, would be as a status; see "Error codes" in the documentation of
     * its API.
     */
    private static final Map<Integer, Integer> MINIMAX =
            Map.of(1001, 504, 1002, 429, 1004, 401, 1008, 402, 1026, 400, 1027, 400, 1039, 429, 2013, 400, 2049, 401);

    /** How providers that have no code for it say that a prompt does not fit. */
    private static final List<String> TOO_LONG =
            List.of("maximum context length", "prompt is too long", "exceed context limit");
    /** The same for what its filter has blocked. */
    private static final String BLOCKED = "content filtering policy";
    /** Types and codes by which they say it; 1301 is Zhipu's. */
    private static final List<String> BLOCKED_KINDS =
            List.of("content_policy", "content_filter", "data_inspection", "1301 ");

    /** Of an error answer; the tree is null if its body is none. */
    static ProviderError of(int status, @Nullable JsonNode body) {
        String said = body == null ? "" : message(body);
        boolean refused = status == 401 || status == 403;
        if (refused && isEmptyAccount(kind(error(body)), said)) {
            return of(402, body);
        }
        if (refused || (status == 400 && refusesKey(body, said))) {
            return new ProviderError(
                    502, "upstream_auth", "the provider refused the gateway's credential", Spelled.NOT);
        }
        String message = said.isEmpty() ? "the provider answered with status " + status : Redaction.of(said);
        int kept = status > 599 ? 502 : status;
        return new ProviderError(kept, code(status, body, said), message, Spelled.in(error(body)));
    }

    /** Of an error inside an answer that began well: its status is what it says of itself, else 502. */
    static ProviderError inBand(@Nullable JsonNode body) {
        JsonNode error = error(body);
        for (String field : new String[] {"status", "status_code", "code"}) {
            int status = error.path(field).asInt(0);
            if (status >= 400 && status <= 599) {
                return of(status, body);
            }
        }
        int status = status(kind(error));
        ProviderError known = of(status, body);
        return message(body).isEmpty()
                ? new ProviderError(
                        known.status, known.code, "the provider reported an error inside its answer", known.spelled)
                : known;
    }

    private static int status(String kind) {
        for (Map.Entry<String, Integer> known : STATUSES) {
            if (kind.contains(known.getKey())) {
                return known.getValue();
            }
        }
        return 502;
    }

    /** What becomes of an answer by its head: an error that is no JSON is a page, which a client never sees. */
    static Step page(ResponseHead head) {
        String type = head.headers().get("content-type");
        return head.status() >= 400 && (type == null || !type.contains("json"))
                ? of(head.status(), null).reply(head.headers().get("retry-after"))
                : Step.next();
    }

    /** The error that a whole answer is, by its status, or holds inside; null: it is neither. */
    static @Nullable Reply in(Dialect dialect, @Nullable ResponseHead head, Body body) {
        if (head != null && head.status() >= 400) {
            return of(head.status(), body.isJson() ? body.json() : null)
                    .reply(head.headers().get("retry-after"));
        }
        if (ChatReply.of(dialect, body).error() != null) {
            return inBand(body.json()).reply(null);
        }
        int minimax = body.has("base_resp")
                ? body.field("base_resp").path("status_code").asInt(0)
                : 0;
        return minimax == 0
                ? null
                : of(MINIMAX.getOrDefault(minimax, 502), body.json()).reply(null);
    }

    /**
     * The error that the whole answer to a chat is where it is none: empty, cut short, or something else.
     *
     * @param holds the field that every answer of its dialect has
     */
    static @Nullable Reply notAnAnswer(Body body, String holds) {
        if (!body.isObject()) {
            return Reply.error(502, "upstream_broken", "the provider's answer is no JSON object");
        }
        return body.has(holds)
                ? null
                : Reply.error(502, "upstream_broken", "the provider's answer has no '" + holds + "'");
    }

    /** The same by its head alone: bodies of other media types are not looked at. */
    static Step notAnAnswer(ResponseHead head) {
        String type = head.headers().get("content-type");
        return head.status() < 300 && type != null && type.contains("text/html")
                ? Reply.error(502, "upstream_broken", "the provider answered with a page")
                : Step.next();
    }

    /** Of a stream that ended without a reason. */
    static Reply unfinished() {
        return Reply.error(502, "upstream_broken", "the provider's stream ended before its answer was finished");
    }

    private static boolean isEmptyAccount(String kind, String message) {
        return NO_CREDIT.stream().anyMatch(kind::contains)
                || message.toLowerCase(Locale.ROOT).startsWith(NO_CREDIT_MESSAGE);
    }

    private static boolean refusesKey(@Nullable JsonNode body, String message) {
        if (message.toLowerCase(Locale.ROOT).startsWith(BAD_KEY_MESSAGE)) {
            return true;
        }
        JsonNode error = error(body);
        StringBuilder words = new StringBuilder(kind(error));
        error.path("details")
                .forEach(detail -> words.append(' ')
                        .append(detail.path("reason").asText("").toLowerCase(Locale.ROOT)));
        return BAD_KEY.stream().anyMatch(word -> words.indexOf(word) >= 0);
    }

    Reply reply(@Nullable String retryAfter) {
        Reply reply = Reply.error(status, code, message)
                .spelled(spelled.type(), spelled.code(), spelled.param())
                .header("x-sluice-error", code);
        return retryAfter == null ? reply : reply.header("retry-after", retryAfter);
    }

    private static String code(int status, @Nullable JsonNode body, String message) {
        String kind = kind(error(body));
        String text = message.toLowerCase(Locale.ROOT);
        if (status == 402 || isEmptyAccount(kind, message)) {
            return "upstream_quota";
        }
        if (kind.contains("context_length")
                || (status == 400 && TOO_LONG.stream().anyMatch(text::contains))) {
            return "context_length";
        }
        if (BLOCKED_KINDS.stream().anyMatch(kind::contains) || (status == 400 && text.contains(BLOCKED))) {
            return "content_blocked";
        }
        return "upstream_error";
    }

    private static JsonNode error(@Nullable JsonNode body) {
        JsonNode root = body == null ? MissingNode.getInstance() : body;
        return root.path("error").isObject() ? root.path("error") : root;
    }

    private static String kind(JsonNode error) {
        return (error.path("code").asText("") + " " + error.path("type").asText("")).toLowerCase(Locale.ROOT);
    }

    private static String message(@Nullable JsonNode body) {
        if (body == null) {
            return "";
        }
        if (body.path("error").isTextual()) {
            return body.path("error").textValue();
        }
        JsonNode message = error(body).path("message");
        if (message.isTextual()) {
            return message.textValue();
        }
        JsonNode detail = message.isObject() ? message.path("detail") : body.path("detail");
        return detail.isArray()
                ? invalid(detail.path(0))
                : detail.asText(body.path("base_resp").path("status_msg").asText(""));
    }

    /** How servers made with FastAPI say which field is wrong. */
    private static String invalid(JsonNode detail) {
        List<String> place = new ArrayList<>();
        detail.path("loc").forEach(step -> place.add(step.asText()));
        return detail.path("msg").asText("") + (place.isEmpty() ? "" : " (" + String.join(".", place) + ")");
    }
}
