package dev.sluice.plugins.aistatistics;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import dev.sluice.plugins.aistatistics.AiStatisticsConfig.Otlp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Makes the spans of exchanges, one for the whole and one for each try, under OpenTelemetry's GenAI names. */
final class Tracer {
    private final Otlp config;
    private final SpanExporter exporter;

    Tracer(Otlp config, SpanExporter exporter) {
        this.config = config;
        this.exporter = exporter;
    }

    /** The trace of an exchange that is recorded; null if it is not. */
    @Nullable
    Trace begin(Exchange exchange) {
        TraceContext parent = TraceContext.of(exchange.request().headers().all(TraceContext.HEADER));
        boolean sampled =
                parent != null ? parent.sampled() : ThreadLocalRandom.current().nextDouble() < config.sampleRatio();
        if (!sampled) {
            return null;
        }
        return parent == null
                ? new Trace(exchange, TraceContext.begin(), null)
                : new Trace(exchange, parent.child(), parent.spanId());
    }

    /** The spans of one exchange. Confined to its loop. */
    final class Trace {
        private final Exchange exchange;
        private final TraceContext context;
        private final @Nullable String parent;
        private final Map<Integer, TraceContext> tries = new HashMap<>();
        private final Map<String, Object> attributes = new HashMap<>();

        private Trace(Exchange exchange, TraceContext context, @Nullable String parent) {
            this.exchange = exchange;
            this.context = context;
            this.parent = parent;
        }

        /** Tells the upstream which span it is called from. */
        AttemptFilter attempt(Attempt attempt) {
            TraceContext child = context.child();
            tries.put(attempt.number(), child);
            return new AttemptFilter() {
                @Override
                public Step onSend(UpstreamRequest request) {
                    request.headers().set(TraceContext.HEADER, child.header());
                    return Step.next();
                }
            };
        }

        /** An attribute of the whole. */
        void set(String key, Object value) {
            attributes.put(key, value);
        }

        /** The exchange is over. */
        void end(Outcome outcome, @Nullable String error) {
            List<Span> spans = new ArrayList<>();
            spans.add(whole(outcome, error));
            List<Outcome.Try> attempts = outcome.attempts();
            for (int i = 0; i < attempts.size(); i++) {
                TraceContext known = tries.get(i + 1);
                spans.add(one(attempts.get(i), known == null ? context.child() : known));
            }
            exporter.add(spans);
        }

        private Span whole(Outcome outcome, @Nullable String error) {
            String method = exchange.request().method();
            Span span = new Span(context, parent, method + " " + exchange.route(), Span.Kind.SERVER, outcome.timings());
            span.set("http.request.method", method);
            span.set("url.path", exchange.request().path());
            span.set("http.response.status_code", outcome.status());
            span.set("sluice.route", exchange.route());
            span.set("sluice.request_id", exchange.id());
            span.set("sluice.source", outcome.source());
            String consumer = exchange.get(Key.CONSUMER);
            if (consumer != null) {
                span.set("sluice.consumer", consumer);
            }
            span.set("gen_ai.operation.name", operation());
            usage(span, outcome.usage());
            if (outcome.timings().firstEvent() != null) {
                span.set(
                        "sluice.time_to_first_event",
                        outcome.timings().firstEvent().toNanos() / 1e9);
            }
            attributes.forEach(span::set);
            if (error != null) {
                span.failed(error);
            }
            return span;
        }

        private Span one(Outcome.Try attempt, TraceContext own) {
            String model = attempt.target().model();
            String name = operation() + (model == null ? "" : " " + model);
            Span span = new Span(own, context.spanId(), name, Span.Kind.CLIENT, attempt.timings());
            span.set("gen_ai.operation.name", operation());
            span.set("gen_ai.provider.name", attempt.target().provider());
            if (model != null) {
                span.set("gen_ai.request.model", model);
            }
            Usage usage = attempt.usage();
            if (usage != null) {
                usage(span, usage);
            }
            Failure failure = attempt.failure();
            if (failure != null) {
                span.failed(failure.reason().name().toLowerCase(Locale.ROOT));
            }
            return span;
        }

        private String operation() {
            return exchange.operation().name().toLowerCase(Locale.ROOT);
        }

        private void usage(Span span, Usage usage) {
            if (!usage.equals(Usage.NONE)) {
                span.set("gen_ai.usage.input_tokens", usage.input());
                span.set("gen_ai.usage.output_tokens", usage.output());
                span.set("gen_ai.usage.cache_read.input_tokens", usage.cachedInput());
                span.set("gen_ai.usage.reasoning.output_tokens", usage.reasoning());
                span.set("sluice.usage.estimated", usage.estimated());
            }
        }
    }
}
