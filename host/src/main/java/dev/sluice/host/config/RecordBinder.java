package dev.sluice.host.config;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.TypeFactory;
import com.fasterxml.jackson.databind.util.LRUMap;
import com.fasterxml.jackson.databind.util.LookupCache;
import dev.sluice.api.ConfigException;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Binds checked trees to the records of plugins: durations as {@code 5s}, enum constants as lower-case words with
 * hyphens, absent lists and maps as empty ones, nothing unknown and nothing converted silently.
 *
 * <p>A mapper and its type factory hold on to every class they have seen, so that this must live no longer than the
 * plugins that it binds for: one for each reading of a config.
 */
final class RecordBinder {
    private static final int TYPES = 200;

    private final JsonMapper mapper;

    RecordBinder() {
        LookupCache<Object, JavaType> cache = new LRUMap<>(TYPES, TYPES);
        SimpleModule module = new SimpleModule();
        module.addDeserializer(Duration.class, new DurationReader());
        module.setDeserializerModifier(new EnumsAsWords());
        mapper = JsonMapper.builder()
                .addModule(module)
                .typeFactory(TypeFactory.defaultInstance().withCache(cache))
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .build();
        for (Class<?> container : List.of(List.class, Collection.class, Set.class, Map.class)) {
            mapper.configOverride(container).setSetterInfo(JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY));
        }
    }

    /**
     * Binds the tree.
     *
     * @throws ConfigException if it cannot be; a record's own constructor may have thrown it
     */
    <R extends Record> R bind(ObjectNode tree, Class<R> type) {
        try {
            return mapper.treeToValue(tree, type);
        } catch (JsonMappingException e) {
            throw problem(e);
        } catch (JsonProcessingException e) {
            throw new ConfigException("", e.getOriginalMessage());
        }
    }

    /** A path within a config appended to the config's own. */
    static String join(String path, String below) {
        return below.isEmpty() ? path : below.startsWith("[") ? path + below : path + '.' + below;
    }

    /** Never the value itself in a message: it may be a secret. */
    private static ConfigException problem(JsonMappingException e) {
        String path = path(e);
        Throwable cause = e.getCause();
        if (cause instanceof ConfigException thrown) {
            return new ConfigException(
                    path.isEmpty() ? thrown.path() : join(path, thrown.path()), String.valueOf(thrown.getMessage()));
        }
        if (cause instanceof InputCoercionException outOfRange) {
            return new ConfigException(
                    path, "is out of the range of " + outOfRange.getTargetType().getSimpleName());
        }
        if (cause instanceof RuntimeException thrown) {
            return new ConfigException(path, thrown.getMessage() == null ? thrown.toString() : thrown.getMessage());
        }
        if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
            return new ConfigException(
                    path, "cannot be read as " + mismatch.getTargetType().getSimpleName());
        }
        return new ConfigException(path, "does not fit the filter's config record");
    }

    private static String path(JsonMappingException e) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference step : e.getPath()) {
            if (step.getFieldName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
            }
        }
        return path.toString();
    }

    private static final class DurationReader extends StdScalarDeserializer<Duration> {
        private static final long serialVersionUID = 1L;

        DurationReader() {
            super(Duration.class);
        }

        @Override
        public @Nullable Duration deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            Duration duration = Units.duration(parser.getText());
            return duration == null
                    ? (Duration) context.handleWeirdStringValue(Duration.class, parser.getText(), "not a duration")
                    : duration;
        }
    }

    /** {@code least-request} for {@code LEAST_REQUEST}. */
    private static final class EnumsAsWords extends BeanDeserializerModifier {
        private static final long serialVersionUID = 1L;

        @Override
        public JsonDeserializer<?> modifyEnumDeserializer(
                DeserializationConfig config,
                JavaType type,
                BeanDescription description,
                JsonDeserializer<?> standard) {
            return new StdScalarDeserializer<Object>(type) {
                private static final long serialVersionUID = 1L;

                @Override
                public @Nullable Object deserialize(JsonParser parser, DeserializationContext context)
                        throws IOException {
                    for (Object constant : type.getRawClass().getEnumConstants()) {
                        if (word((Enum<?>) constant).equals(parser.getText())) {
                            return constant;
                        }
                    }
                    return standard.deserialize(parser, context);
                }
            };
        }

        private static String word(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
