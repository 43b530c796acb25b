package dev.sluice.plugins.prompttemplate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.plugins.prompttemplate.PromptTemplateConfig.Missing;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;

/** Makes one request of its template, if it names one. */
final class TemplateFilter implements Filter {
    private static final String SWITCH = "template-enable";
    private static final String TEMPLATE = "template";
    private static final String PROPERTIES = "properties";

    private final Exchange exchange;
    private final Map<String, ObjectNode> templates;
    private final Missing missing;
    private final MeterRegistry meters;
    private boolean off;

    TemplateFilter(Exchange exchange, Map<String, ObjectNode> templates, Missing missing, MeterRegistry meters) {
        this.exchange = exchange;
        this.templates = templates;
        this.missing = missing;
        this.meters = meters;
    }

    @Override
    public Step onRequest(RequestHead head) {
        String says = head.headers().get(SWITCH);
        off = says != null && says.strip().equalsIgnoreCase("false");
        // It is said to this filter alone.
        head.headers().remove(SWITCH);
        return Step.next();
    }

    @Override
    public Step onRequestBody(Body body) {
        if (off || !body.isJson() || !body.json().isObject() || !body.json().has(TEMPLATE)) {
            return Step.next();
        }
        JsonNode asked = body.json();
        JsonNode properties = asked.has(PROPERTIES) ? asked.get(PROPERTIES) : JsonNodeFactory.instance.objectNode();
        if (!asked.get(TEMPLATE).isTextual()) {
            return refuse("'template' must be the name of a template");
        }
        String name = asked.get(TEMPLATE).textValue();
        ObjectNode template = templates.get(name);
        if (template == null) {
            return refuse("there is no template of that name here");
        }
        if (!properties.isObject()) {
            return refuse("'properties' must be an object: a value for each placeholder");
        }
        Filling filling = new Filling(properties);
        ObjectNode filled = filling.fill(template);
        if (missing == Missing.REFUSE && !filling.missing().isEmpty()) {
            return refuse("the template wants these properties, too: " + String.join(", ", filling.missing()));
        }
        asked.properties().forEach(field -> {
            boolean ours = field.getKey().equals(TEMPLATE) || field.getKey().equals(PROPERTIES);
            if (!ours && !filled.has(field.getKey())) {
                filled.set(field.getKey(), field.getValue());
            }
        });
        body.replace(filled);
        if (exchange.dialect() == Dialect.ANTHROPIC) {
            moveSystemText(body);
        }
        exchange.note("prompt_template", name);
        count(name);
        return Step.next();
    }

    /** A template is written once, with its system text as a message; this dialect keeps it apart. */
    private void moveSystemText(Body body) {
        String text = ChatRequest.of(Dialect.OPENAI, body).systemText();
        if (text.isEmpty()) {
            return;
        }
        ChatRequest.of(exchange, body).append(ChatMessage.Role.SYSTEM, text);
        body.edit(root -> {
            ArrayNode others = root.arrayNode();
            for (JsonNode message : root.path("messages")) {
                String role = message.path("role").asText();
                if (!role.equals("system") && !role.equals("developer")) {
                    others.add(message);
                }
            }
            root.set("messages", others);
        });
    }

    private Reply refuse(String message) {
        return Reply.error(400, "bad_request", message);
    }

    private void count(String template) {
        meters.counter("sluice_prompt_template_total", "route", exchange.route(), "template", template)
                .increment();
    }
}
