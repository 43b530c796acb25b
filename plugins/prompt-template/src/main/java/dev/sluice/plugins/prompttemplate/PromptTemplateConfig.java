package dev.sluice.plugins.prompttemplate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What a route says of this filter.
 *
 * @param templates what requests may name
 * @param missing what becomes of a placeholder without a property
 */
public record PromptTemplateConfig(List<Template> templates, Missing missing) {

    /**
     * One template.
     *
     * @param template a chat request in OpenAI's dialect, with placeholders in its texts
     */
    public record Template(String name, ObjectNode template) {}

    /** What becomes of a placeholder that a request has no property for. */
    public enum Missing {
        /** It stays, as text. */
        KEEP,
        /** The request is refused. */
        REFUSE
    }
}
