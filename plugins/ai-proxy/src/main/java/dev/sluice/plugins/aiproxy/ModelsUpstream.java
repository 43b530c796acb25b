package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;

/** One try that asks a provider for its models, and tells them as the client's vendor would. */
final class ModelsUpstream implements AttemptFilter {
    private final AttemptFilter upstream;
    private final boolean anthropics;
    private final String provider;

    ModelsUpstream(AttemptFilter upstream, boolean anthropics, String provider) {
        this.upstream = upstream;
        this.anthropics = anthropics;
        this.provider = provider;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        return upstream.onSend(request);
    }

    @Override
    public Step onResponse(ResponseHead answer) {
        return upstream.onResponse(answer);
    }

    @Override
    public Step onResponseBody(Body body) {
        Step step = upstream.onResponseBody(body);
        if (step == Step.next() && body.isJson()) {
            ObjectNode translated = Models.translated(body.json(), anthropics, provider);
            if (translated != null) {
                body.replace(translated);
            }
        }
        return step;
    }
}
