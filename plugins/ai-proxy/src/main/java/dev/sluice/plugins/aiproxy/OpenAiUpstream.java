package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Provider;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.ChatRequest;
import org.jspecify.annotations.Nullable;

/**
 * One try of a provider that speaks OpenAI's dialect, with a request in it. What nothing needs to be changed in passes
 * as its bytes, both ways.
 */
final class OpenAiUpstream implements AttemptFilter {
    private final @Nullable Api api;
    private final Vendor vendor;
    private final Provider provider;
    private final Attempt attempt;
    private final Upstreams upstreams;
    private final boolean chat;
    private boolean several;
    private boolean hidesUsage;
    private boolean finished;
    private @Nullable ResponseHead head;

    /** A try; its request is in this dialect when it comes here. */
    OpenAiUpstream(@Nullable Api api, Vendor vendor, Provider provider, Attempt attempt, Upstreams upstreams) {
        this.api = api;
        this.vendor = vendor;
        this.provider = provider;
        this.attempt = attempt;
        this.upstreams = upstreams;
        this.chat = api == Api.CHAT;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        String model = attempt.target().model();
        if (model == null && vendor.wantsModel(api)) {
            return request.body().isJson()
                    ? Reply.error(400, "bad_request", "model is missing")
                    : Reply.error(
                            400,
                            "unsupported",
                            "the model in a form is read only where a route matches by model; match by model, or name a"
                                    + " deployment in azureServiceUrl");
        }
        vendor.aim(request, api, model);
        Keys.place(vendor.auth(), request, upstreams, provider, attempt);
        vendor.headers(request);
        // An encoded answer could not be looked at.
        request.headers().remove("accept-encoding");
        Body body = request.body();
        if (!vendor.row().asIs() && body.isObject()) {
            several = body.field("n").asInt(1) > 1;
            if (upstreams.config().editsBodies()) {
                edit(body, model);
            }
        }
        return Step.next();
    }

    private void edit(Body body, @Nullable String model) {
        ChatRequest request = ChatRequest.of(Dialect.OPENAI, body);
        String asked = request.model();
        if (model != null && asked != null && !asked.equals(model)) {
            body.replace(ModelField.replace(body.bytes(), model));
        }
        vendor.options().request(body, chat);
        if (api != null) {
            Quirks.request(vendor.row(), api, body);
        }
        if (vendor.row().refusesStreamOptions()) {
            return;
        }
        if (chat
                && request.stream()
                && !body.field("stream_options").path("include_usage").asBoolean(false)) {
            hidesUsage = true;
            body.edit(root -> {
                ObjectNode there =
                        root.path("stream_options") instanceof ObjectNode o ? o : root.putObject("stream_options");
                there.put("include_usage", true);
            });
        }
    }

    @Override
    public Step onResponse(ResponseHead answer) {
        head = answer;
        Step page = ProviderError.page(answer);
        return chat && page == Step.next() ? ProviderError.notAnAnswer(answer) : page;
    }

    @Override
    public Step onResponseBody(Body body) {
        Reply error = ProviderError.in(Dialect.OPENAI, head, body);
        if (error == null && chat) {
            error = ProviderError.notAnAnswer(body, "choices");
        }
        if (error != null) {
            return error;
        }
        report(ChatReply.of(Dialect.OPENAI, body).usage());
        return Step.next();
    }

    /** A look at the bytes; the few events that say more than text are parsed. */
    @Override
    public Events onEvent(Event event) {
        if (!event.looksLikeJson()) {
            return dropped();
        }
        boolean ends = says(event, Field.FINISH);
        boolean counts = says(event, Field.USAGE);
        boolean fails = says(event, Field.ERROR);
        if (!ends && !counts && !fails) {
            return event;
        }
        if (event.json().isMissingNode()) {
            return dropped();
        }
        ChatDelta delta = ChatDelta.of(Dialect.OPENAI, event);
        if (fails && delta.error() != null) {
            return Events.fail(ProviderError.inBand(event.json()).reply(null));
        }
        finished |= ends && delta.finishReason() != null;
        Usage usage = counts ? delta.usage() : null;
        report(usage);
        Event moved = counts && usage == null && vendor.row().usageInChoice() ? Quirks.usageAtTop(event) : null;
        if (moved != null) {
            report(ChatDelta.of(Dialect.OPENAI, moved).usage());
            return moved;
        }
        return usage != null && hidesUsage && event.json().path("choices").isEmpty() ? Events.none() : event;
    }

    private boolean says(Event event, Field field) {
        // One of several answers may have ended while another goes on.
        return event.mentions(field.name) && (several || !field.isNull(event));
    }

    private Events dropped() {
        upstreams.countMalformed(provider);
        return Events.none();
    }

    private void report(@Nullable Usage usage) {
        if (usage != null) {
            attempt.usage(usage);
        }
    }

    @Override
    public Events onEnd() {
        return chat && !finished ? Events.fail(ProviderError.unfinished()) : Events.none();
    }

    /** A field that says something where it is not null: streams are full of fields that are null but once. */
    private enum Field {
        FINISH("finish_reason"),
        USAGE("usage"),
        ERROR("error");

        private final String name;
        private final String isNull;
        private final String isNullSpaced;

        Field(String name) {
            this.name = '"' + name + '"';
            this.isNull = this.name + ":null";
            this.isNullSpaced = this.name + ": null";
        }

        boolean isNull(Event event) {
            return event.mentions(isNull) || event.mentions(isNullSpaced);
        }
    }
}
