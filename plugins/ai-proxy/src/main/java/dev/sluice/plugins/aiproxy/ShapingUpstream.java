package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.llm.ChatRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One try whose chat is first shaped as its provider's config says, in the client's dialect. */
final class ShapingUpstream implements AttemptFilter {
    private final Exchange exchange;
    private final ChatOptions options;
    private final AtomicReference<@Nullable String> context;
    private final AttemptFilter upstream;

    /**
     * A try.
     *
     * @param context the text of {@code context.fileUrl}, once somebody has fetched it
     */
    ShapingUpstream(
            Exchange exchange, ChatOptions options, AtomicReference<@Nullable String> context, AttemptFilter upstream) {
        this.exchange = exchange;
        this.options = options;
        this.context = context;
        this.upstream = upstream;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        Body body = request.body();
        if (!body.isJson() || !(body.json().path("messages") instanceof ArrayNode messages)) {
            return upstream.onSend(request);
        }
        int command = options.lastCommand(messages);
        if (command >= 0) {
            body.edit(root -> ChatOptions.forget((ArrayNode) root.path("messages"), command));
            if (saysNothing(body.json())) {
                return Reply.error(
                        400, "bad_request", "what was said is forgotten, as asked; say something after the command");
            }
        }
        if (options.mergesConsecutive() && ChatOptions.isMergeable(body.json().path("messages"))) {
            body.edit(root -> ChatOptions.merge((ArrayNode) root.path("messages")));
        }
        URI file = options.context();
        return file == null ? upstream.onSend(request) : withContext(file, request);
    }

    private static boolean saysNothing(JsonNode root) {
        for (JsonNode message : root.path("messages")) {
            String role = ChatOptions.role(message);
            if (!role.equals("system") && !role.equals("developer")) {
                return false;
            }
        }
        return true;
    }

    private Step withContext(URI file, UpstreamRequest request) {
        String known = context.get();
        if (known != null) {
            return send(known, request);
        }
        return Step.when(exchange.call(HttpRequest.get(file).timeout(options.contextTimeout()))
                .handle((answer, error) -> {
                    String text = error == null && answer != null ? text(answer) : null;
                    if (text == null) {
                        return Reply.error(502, "upstream_error", "the provider's context file cannot be read");
                    }
                    context.set(text);
                    return send(text, request);
                }));
    }

    private static @Nullable String text(HttpResponse answer) {
        return answer.status() == 200 ? new String(answer.body(), StandardCharsets.UTF_8) : null;
    }

    private Step send(String text, UpstreamRequest request) {
        ChatRequest.of(exchange, request.body()).addSystem(text);
        return upstream.onSend(request);
    }

    @Override
    public Step onResponse(ResponseHead answer) {
        return upstream.onResponse(answer);
    }

    @Override
    public Step onResponseBody(Body body) {
        return upstream.onResponseBody(body);
    }

    @Override
    public Events onEvent(Event event) {
        return upstream.onEvent(event);
    }

    @Override
    public Events onEnd() {
        return upstream.onEnd();
    }
}
