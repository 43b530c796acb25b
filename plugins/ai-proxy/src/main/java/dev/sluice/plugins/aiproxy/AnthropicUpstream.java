package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Headers;
import dev.sluice.api.Provider;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.Chats;
import org.jspecify.annotations.Nullable;

/**
 * One try of a provider that speaks Anthropic's dialect, with a request in it. The body goes out byte for byte but for
 * the model, and events pass as their bytes.
 */
final class AnthropicUpstream implements AttemptFilter {
    private static final String VERSION = "2023-06-01";

    private final @Nullable Api api;
    private final Vendor vendor;
    private final Provider provider;
    private final Attempt attempt;
    private final Upstreams upstreams;
    private final boolean chat;
    private boolean finished;
    private boolean stopped;
    private @Nullable ResponseHead head;
    private @Nullable Usage usage;

    /** A try; its request is in Anthropic's dialect when it comes here. */
    AnthropicUpstream(@Nullable Api api, Vendor vendor, Provider provider, Attempt attempt, Upstreams upstreams) {
        this.api = api;
        this.vendor = vendor;
        this.provider = provider;
        this.attempt = attempt;
        this.upstreams = upstreams;
        this.chat = api == Api.MESSAGES;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        String model = attempt.target().model();
        vendor.aim(request, api, model);
        Headers headers = request.headers();
        Keys.place(vendor.auth(), request, upstreams, provider, attempt);
        if (headers.get("anthropic-version") == null) {
            headers.set("anthropic-version", VERSION);
        }
        vendor.headers(request);
        // An encoded answer could not be looked at.
        headers.remove("accept-encoding");
        Body body = request.body();
        if (body.isObject() && upstreams.config().editsBodies() && !vendor.row().asIs()) {
            String asked = ChatRequest.of(Dialect.ANTHROPIC, body).model();
            if (model != null && asked != null && !asked.equals(model)) {
                body.replace(ModelField.replace(body.bytes(), model));
            }
            if (api == Api.MESSAGES) {
                vendor.options().request(body, false);
            }
        }
        return Step.next();
    }

    @Override
    public Step onResponse(ResponseHead answer) {
        head = answer;
        Step page = ProviderError.page(answer);
        return chat && page == Step.next() ? ProviderError.notAnAnswer(answer) : page;
    }

    @Override
    public Step onResponseBody(Body body) {
        Reply error = ProviderError.in(Dialect.ANTHROPIC, head, body);
        if (error == null && chat) {
            error = ProviderError.notAnAnswer(body, "content");
        }
        if (error != null) {
            return error;
        }
        if (chat) {
            report(ChatReply.of(Dialect.ANTHROPIC, body).usage());
        }
        return Step.next();
    }

    /** A look at the event's name; the few events that say more than text are parsed. */
    @Override
    public Events onEvent(Event event) {
        if (!event.looksLikeJson()) {
            return dropped();
        }
        stopped |= "message_stop".equals(event.name()) || event.mentions("\"message_stop\"");
        boolean counts = event.mentions("\"usage\"");
        boolean ends = event.mentions("\"stop_reason\"");
        boolean fails = "error".equals(event.name()) || event.mentions("\"error\"");
        if (!counts && !ends && !fails) {
            return event;
        }
        if (event.json().isMissingNode()) {
            return dropped();
        }
        ChatDelta delta = ChatDelta.of(Dialect.ANTHROPIC, event);
        if (fails && isError(event)) {
            return Events.fail(ProviderError.inBand(event.json()).reply(null));
        }
        finished |= delta.finishReason() != null;
        report(delta.usage());
        return event;
    }

    /** By its tree too: a server between may have lost the event's name. */
    private static boolean isError(Event event) {
        JsonNode tree = event.json();
        return tree.path("type").asText("").equals("error")
                || (tree.path("error").isObject() && !tree.path("type").isTextual());
    }

    private Events dropped() {
        upstreams.countMalformed(provider);
        return Events.none();
    }

    private void report(@Nullable Usage reported) {
        if (reported != null) {
            Usage latest = Chats.latest(usage, reported);
            usage = latest;
            attempt.usage(latest);
        }
    }

    @Override
    public Events onEnd() {
        if (chat && !finished) {
            return Events.fail(ProviderError.unfinished());
        }
        // To its clients a stream without its last event is one that was cut.
        return chat && !stopped ? messageStop() : Events.none();
    }

    private static Event messageStop() {
        return Event.data("{\"type\":\"message_stop\"}").name("message_stop");
    }
}
