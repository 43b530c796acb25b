package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The model that a request's body names, whatever it asks for: a field of a JSON object, or of a form, as uploads of
 * audio and images have it. Read and changed in place: every other field, and in a form every other byte, stays.
 *
 * <p>Reading never throws: a body that names none, or names it twice in a form, or in a dialect that names it in the
 * path, reads as null. A form is seen only by filters whose descriptor asks for its media type. Confined to the
 * exchange's event loop.
 */
public final class ModelName {
    private final Exchange exchange;
    private final Body body;
    private final String field;

    private ModelName(Exchange exchange, Body body, String field) {
        this.exchange = exchange;
        this.body = body;
        this.field = field;
    }

    /** The model in that body of the exchange's request, in the field {@code model}. */
    public static ModelName of(Exchange exchange, Body body) {
        return of(exchange, body, "model");
    }

    /** As {@link #of(Exchange, Body)}, in another field of the top level. */
    public static ModelName of(Exchange exchange, Body body, String field) {
        return new ModelName(exchange, body, field);
    }

    /** The model; null if the body names none. */
    public @Nullable String get() {
        if (isInPath()) {
            return null;
        }
        if (body.isJson()) {
            JsonNode model = body.json().path(field);
            return model.textValue();
        }
        FormField form = form();
        return form == null ? null : form.value();
    }

    /**
     * Names this one. A JSON object without a model gets one; a form without is left as it is.
     *
     * @return whether the body names it now
     */
    public boolean set(String model) {
        if (model.equals(get())) {
            return true;
        }
        if (isInPath()) {
            return false;
        }
        if (body.isJson()) {
            if (!body.json().isObject()) {
                return false;
            }
            body.edit(root -> root.put(field, model));
            return true;
        }
        FormField form = form();
        if (form == null) {
            return false;
        }
        body.replace(form.with(model));
        return true;
    }

    private boolean isInPath() {
        return exchange.dialect() == Dialect.GEMINI || exchange.dialect() == Dialect.BEDROCK;
    }

    private @Nullable FormField form() {
        String type = exchange.request().headers().get("content-type");
        return type == null ? null : FormField.find(type, body.bytes(), field);
    }
}
