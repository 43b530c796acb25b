package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The model's name in a request's bytes, put in its place without touching any other byte. */
final class ModelField {
    private static final JsonFactory JSON = new JsonFactory();

    private ModelField() {}

    /**
     * The same bytes but for the model.
     *
     * @param body a JSON object in UTF-8; without a {@code model} that is a string it is returned as it is
     */
    static byte[] replace(byte[] body, String model) {
        try (JsonParser parser = JSON.createParser(body)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isModel = parser.currentName().equals("model");
                if (parser.nextToken() == JsonToken.VALUE_STRING && isModel) {
                    int from = (int) parser.currentTokenLocation().getByteOffset();
                    // A string's end is known once it has been read.
                    if (parser.getText().equals(model)) {
                        return body;
                    }
                    return spliced(body, from, (int) parser.currentLocation().getByteOffset(), model);
                }
                parser.skipChildren();
            }
            return body;
        } catch (IOException e) {
            throw new UncheckedIOException("a body that has been parsed does not parse", e);
        }
    }

    private static byte[] spliced(byte[] body, int from, int to, String model) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + model.length());
        out.write(body, 0, from);
        out.write('"');
        out.writeBytes(
                new String(JsonStringEncoder.getInstance().quoteAsString(model)).getBytes(StandardCharsets.UTF_8));
        out.write('"');
        out.write(body, to, body.length - to);
        return out.toByteArray();
    }
}
