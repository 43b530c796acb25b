package dev.sluice.plugins.modelrouter;

import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.ModelName;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Routes one request. */
final class RouterFilter implements Filter {
    private static final String AUTO_HEADER = "x-higress-llm-model";

    private final Exchange exchange;
    private final ModelRouterConfig config;
    private final Set<String> providers;
    private final AutoModels auto;
    private final MeterRegistry meters;

    RouterFilter(
            Exchange exchange, ModelRouterConfig config, Set<String> providers, AutoModels auto, MeterRegistry meters) {
        this.exchange = exchange;
        this.config = config;
        this.providers = providers;
        this.auto = auto;
        this.meters = meters;
    }

    /** What these headers say is said by this filter alone. */
    @Override
    public Step onRequest(RequestHead head) {
        drop(head, config.addProviderHeader());
        drop(head, config.modelToHeader());
        if (auto.enabled()) {
            drop(head, AUTO_HEADER);
        }
        return Step.next();
    }

    private static void drop(RequestHead head, @Nullable String header) {
        if (header != null) {
            head.headers().remove(header);
        }
    }

    @Override
    public Step onRequestBody(Body body) {
        ModelName name = ModelName.of(exchange, body, config.modelKey());
        String asked = name.get();
        if (asked == null) {
            return Step.next();
        }
        String wanted = asked;
        boolean chosen = auto.isAsked(asked);
        if (chosen) {
            String choice = auto.choose(ChatRequest.of(exchange, body).lastUserText());
            if (choice == null) {
                return refuse("'" + asked + "' stands for no model for this request: name a model");
            }
            wanted = choice;
        }
        boolean told = config.modelToHeader() != null || config.addProviderHeader() != null;
        if (told && !isFieldValue(wanted)) {
            return Reply.error(400, "bad_request", "the model's name holds characters that no header may hold");
        }
        tell(config.modelToHeader(), wanted);
        if (chosen) {
            tell(AUTO_HEADER, wanted);
        }
        return route(name, asked, wanted, chosen, body);
    }

    private Step route(ModelName name, String asked, String wanted, boolean chosen, Body body) {
        int slash = wanted.indexOf('/');
        String prefix = slash < 0 ? "" : wanted.substring(0, slash);
        String model = wanted.substring(slash + 1);
        boolean picks = providers.contains(prefix);
        if (picks && model.isEmpty()) {
            return Reply.error(
                    400,
                    "bad_request",
                    "'" + wanted + "' names a provider and no model: send '" + prefix + "/<model>'");
        }
        if (!picks) {
            boolean foreign = !prefix.isEmpty() && !model.isEmpty();
            if (foreign && config.unknown() == ModelRouterConfig.Unknown.REJECT) {
                return refuse("there is no provider '" + prefix + "' for this route");
            }
            if (!foreign || config.unknown() == ModelRouterConfig.Unknown.PASS) {
                model = wanted;
                prefix = "";
            }
        }
        if (!prefix.isEmpty()) {
            tell(config.addProviderHeader(), prefix);
        }
        if (!model.equals(asked)) {
            name.set(model);
            exchange.note("routed_from", asked);
        }
        if (picks) {
            exchange.target(target(prefix, model, body));
        }
        count(chosen ? "auto" : picks ? "provider" : prefix.isEmpty() ? "passed" : "split");
        return Step.next();
    }

    /** The model is read off the body, as the filters after this one leave it, wherever the gateway can find it there. */
    private Target target(String provider, String model, Body body) {
        Target target = Target.of(provider);
        return body.isJson() && config.modelKey().equals("model") ? target : target.model(model);
    }

    private void tell(@Nullable String header, String value) {
        if (header != null) {
            exchange.request().headers().set(header, value);
        }
    }

    private static boolean isFieldValue(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c < 0x7f);
    }

    private Reply refuse(String message) {
        count("refused");
        return Reply.error(404, "model_not_found", message);
    }

    private void count(String result) {
        meters.counter("sluice_model_router_total", "route", exchange.route(), "result", result)
                .increment();
    }
}
