package dev.sluice.host.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** JSON within the gateway's limits: trees, and the few top-level fields that can be read without one. */
final class Json {

    /**
     * What a request's JSON body says at its top level.
     *
     * @param model null if there is none
     * @param stream whether {@code "stream": true} is there
     */
    record Facts(@Nullable String model, boolean stream) {
        static final Facts NONE = new Facts(null, false);
    }

    /** A body that cannot be served; the message is for the client. */
    static final class Invalid extends Exception {
        private static final long serialVersionUID = 1L;

        private final String reason;

        Invalid(String reason) {
            super(reason, null, false, false);
            this.reason = reason;
        }

        /** What is wrong. */
        String reason() {
            return reason;
        }
    }

    private final ObjectMapper mapper;
    private final JsonFactory factory;
    private final ObjectReader values;
    private final int depth;

    /** JSON of at most that nesting; strings may be as long as the body. */
    Json(int depth) {
        this.depth = depth;
        factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(depth)
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNumberLength(1000)
                        .build())
                .build();
        // Numbers keep their digits through an edit: 0.10 stays 0.10.
        mapper = JsonMapper.builder(factory)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .build();
        values = mapper.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    /** The tree of these bytes. */
    JsonNode read(byte[] bytes) throws Invalid {
        JsonNode tree = TreeReader.read(bytes, depth);
        return tree != null ? tree : parsedTree(bytes);
    }

    /** The same by the parser, whose word is the last. */
    JsonNode parsedTree(byte[] bytes) throws Invalid {
        try {
            JsonNode tree = mapper.readTree(bytes);
            if (tree == null || tree.isMissingNode()) {
                throw new Invalid("the body is empty, JSON was expected");
            }
            return tree;
        } catch (IOException e) {
            throw new Invalid(describe(e));
        } catch (NumberFormatException e) {
            throw new Invalid("the JSON body holds a number that is too large");
        }
    }

    /** The bytes of that tree. */
    byte[] write(JsonNode tree) {
        try {
            return TreeWriter.write(tree, mapper);
        } catch (IOException e) {
            throw new IllegalArgumentException("the tree holds what JSON cannot", e);
        }
    }

    /**
     * The top level of an object, in one pass and without a tree; checks on the way that the whole is well-formed.
     *
     * @throws Invalid if it is no JSON object
     */
    TopLevel topLevel(byte[] bytes) throws Invalid {
        TopLevel skimmed = TopLevel.skimmed(bytes, depth, values);
        return skimmed != null ? skimmed : parsed(bytes);
    }

    /** The same by the parser, whose word is the last. */
    TopLevel parsed(byte[] bytes) throws Invalid {
        // Jackson 2 takes UTF-16 as well, whose offsets are no bytes', and a name with a broken byte in it for one
        // that it has met before: "mode\xffl" for "model".
        if (!isUtf8(bytes)) {
            throw new Invalid("the body is not valid JSON: it is not UTF-8");
        }
        try (JsonParser parser = factory.createParser(bytes)) {
            return TopLevel.of(parser, bytes, values);
        } catch (IOException e) {
            throw new Invalid(describe(e));
        }
    }

    private static boolean isUtf8(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                return false;
            }
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static String describe(IOException e) {
        if (e instanceof JsonParseException parse) {
            var at = parse.getLocation();
            return "the body is not valid JSON (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
        }
        if (e instanceof com.fasterxml.jackson.core.exc.StreamConstraintsException) {
            return "the JSON body is nested too deeply or holds a number that is too long";
        }
        return "the body is not valid JSON";
    }
}
