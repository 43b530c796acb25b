package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.plugins.aiproxy.dialect.AnswerException;
import dev.sluice.plugins.aiproxy.dialect.RequestException;
import dev.sluice.plugins.aiproxy.dialect.RequestOptions;
import dev.sluice.plugins.aiproxy.dialect.Translation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One try of a provider that speaks another dialect than the client: what goes out is translated before the provider's
 * own {@link AttemptFilter} shapes it, what comes back after that one has looked at it.
 */
final class TranslatingUpstream implements AttemptFilter {
    private static final long DEFAULT_MAX_TOKENS = 4096;

    private final Exchange exchange;
    private final Attempt attempt;
    private final Upstreams upstreams;
    private final Dialect dialect;
    private final Auth auth;
    private final AttemptFilter upstream;
    private final Translation translation;
    private long inputTokens;
    private @Nullable ResponseHead head;

    /**
     * A try.
     *
     * @param dialect the provider's
     * @param auth where the provider wants its key
     * @param upstream shapes what has been translated, and looks at answers before they are
     */
    TranslatingUpstream(
            Exchange exchange,
            Attempt attempt,
            Upstreams upstreams,
            Dialect dialect,
            Auth auth,
            AttemptFilter upstream) {
        this.exchange = exchange;
        this.attempt = attempt;
        this.upstreams = upstreams;
        this.dialect = dialect;
        this.auth = auth;
        this.upstream = upstream;
        this.translation = new Translation(exchange.dialect(), dialect);
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        Body body = request.body();
        if (!body.isJson()) {
            return Reply.error(400, "bad_request", "the request's body is not JSON");
        }
        ObjectNode tree;
        try {
            tree = translation.request(body.json(), options(request));
        } catch (RequestException e) {
            return Reply.error(400, e.code(), String.valueOf(e.getMessage()));
        }
        ChatRequest asked = ChatRequest.of(exchange.dialect(), body);
        if (exchange.operation() == Operation.COUNT_TOKENS) {
            return Reply.json(200, JsonNodeFactory.instance.objectNode().put("input_tokens", tokens(asked)));
        }
        String model = attempt.target().model();
        if (model != null) {
            tree.put("model", model);
        } else if (!tree.has("model")) {
            return Reply.error(400, "bad_request", "model is missing");
        }
        if (!translation.losses().isEmpty()) {
            exchange.note("dropped_fields", String.join(", ", translation.losses()));
        }
        if (translation.isStream()) {
            inputTokens = tokens(asked);
        }
        body.replace(tree);
        request.path(dialect == Dialect.OPENAI ? "/v1/chat/completions" : "/v1/messages");
        request.query(null);
        strangers(request);
        if (upstreams.config().passCredential()) {
            Keys.move(auth, request);
        }
        return upstream.onSend(request);
    }

    /** Fields that mean something to the client's vendor alone. */
    private static void strangers(UpstreamRequest request) {
        for (String name : request.headers().names()) {
            if (name.startsWith("anthropic-") || name.startsWith("openai-") || name.startsWith("x-stainless-")) {
                request.headers().remove(name);
            }
        }
    }

    private RequestOptions options(UpstreamRequest request) {
        long most =
                upstreams.provider(attempt).config().path("defaultMaxTokens").asLong(DEFAULT_MAX_TOKENS);
        // Only OpenAI itself insists on the newer name, and only it surely knows it.
        String host = request.uri() == null ? null : request.uri().getHost();
        return new RequestOptions(most, "api.openai.com".equalsIgnoreCase(host));
    }

    private long tokens(ChatRequest request) {
        long sum = 0;
        for (ChatMessage message : request.messages()) {
            for (ChatMessage.Part part : message.parts()) {
                sum += exchange.tokens(part.text());
            }
        }
        for (ChatRequest.Tool tool : request.tools()) {
            sum += exchange.tokens(tool.name() + " " + tool.description() + " " + tool.parameters());
        }
        return sum;
    }

    @Override
    public Step onResponse(ResponseHead answer) {
        head = answer;
        Step step = translated(upstream.onResponse(answer));
        if (step != Step.next() || answer.status() >= 400) {
            return step;
        }
        if (answer.isStream()) {
            translation.begin(inputTokens, exchange::tokens);
            return step;
        }
        String type = answer.headers().get("content-type");
        return type != null && type.contains("json")
                ? step
                : Reply.error(
                        502,
                        "upstream_broken",
                        "the provider answered with neither JSON nor a stream where "
                                + (translation.isStream() ? "a stream" : "JSON") + " was asked for");
    }

    /** An error in the client's words: the provider's own are of another dialect. */
    private static Step translated(Step step) {
        return step instanceof Reply reply && reply.kind() == Reply.Kind.ERROR ? reply.spelled(null, null, null) : step;
    }

    @Override
    public Step onResponseBody(Body body) {
        // Its tree is wanted in any case, and with it there nobody looks through the bytes for a single field.
        boolean json = body.isJson();
        Step step = translated(upstream.onResponseBody(body));
        ResponseHead answer = head;
        if (step != Step.next() || (answer != null && answer.status() >= 400)) {
            return step;
        }
        if (!json) {
            return Reply.error(502, "upstream_broken", "the provider's answer is no JSON object");
        }
        try {
            JsonNode translated = translation.answer(body.json());
            body.replace(translated);
            return step;
        } catch (AnswerException e) {
            return Reply.error(502, "upstream_broken", String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Events onEvent(Event event) {
        Events passed = upstream.onEvent(event);
        if (passed instanceof Events.Fail fail && translated(fail.reply()) instanceof Reply reply) {
            return Events.fail(reply);
        }
        if (!(passed instanceof Event same)) {
            return passed;
        }
        if (!same.json().isObject()) {
            upstreams.countMalformed(upstreams.provider(attempt));
            return Events.none();
        }
        return Events.of(translation.event(same));
    }

    @Override
    public Events onEnd() {
        Events passed = upstream.onEnd();
        if (passed instanceof Events.Fail) {
            return passed;
        }
        List<Event> last = translation.end();
        if (attempt.usage() == null) {
            attempt.usage(translation.used());
        }
        return Events.of(last);
    }
}
