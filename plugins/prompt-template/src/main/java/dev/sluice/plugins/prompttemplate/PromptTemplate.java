package dev.sluice.plugins.prompttemplate;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Operation;
import dev.sluice.api.Scope;
import dev.sluice.plugins.prompttemplate.PromptTemplateConfig.Template;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pf4j.Extension;

/** {@code prompt-template}: makes chat requests of a template's name and properties. */
@Extension
public final class PromptTemplate implements FilterPlugin<PromptTemplateConfig> {

    @Override
    public String name() {
        return "prompt-template";
    }

    @Override
    public Class<PromptTemplateConfig> configType() {
        return PromptTemplateConfig.class;
    }

    @Override
    public FilterFactory open(PromptTemplateConfig config, Scope scope) {
        Map<String, ObjectNode> templates = new LinkedHashMap<>();
        for (int i = 0; i < config.templates().size(); i++) {
            Template template = config.templates().get(i);
            if (templates.putIfAbsent(template.name(), template.template()) != null) {
                throw new ConfigException(
                        "templates[" + i + "].name",
                        "there is a template '" + template.name() + "' already: choose another name");
            }
        }
        scope.show("templates", () -> {
            var names = JsonNodeFactory.instance.arrayNode();
            templates.keySet().forEach(names::add);
            return names;
        });
        return exchange -> exchange.operation() == Operation.CHAT || exchange.operation() == Operation.COUNT_TOKENS
                ? new TemplateFilter(exchange, templates, config.missing(), scope.meters())
                : Filter.PASS;
    }
}
