package dev.sluice.plugins.modelmapper;

import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.llm.ModelName;
import io.micrometer.core.instrument.MeterRegistry;

/** Maps the model of one request. */
final class ModelMapperFilter implements Filter {
    private final Exchange exchange;
    private final String field;
    private final Mapping mapping;
    private final MeterRegistry meters;

    ModelMapperFilter(Exchange exchange, String field, Mapping mapping, MeterRegistry meters) {
        this.exchange = exchange;
        this.field = field;
        this.mapping = mapping;
        this.meters = meters;
    }

    @Override
    public Step onRequestBody(Body body) {
        ModelName name = ModelName.of(exchange, body, field);
        String from = name.get();
        String to = mapping.map(from);
        if (to != null && name.set(to)) {
            Target target = exchange.target();
            // A filter before this one has named the model beside the body.
            if (target != null && target.model() != null && target.model().equals(from)) {
                exchange.target(target.model(to));
            }
            exchange.note("mapped_model", from == null ? "" : from);
            meters.counter("sluice_model_mapper_total", "route", exchange.route())
                    .increment();
        }
        return Step.next();
    }
}
