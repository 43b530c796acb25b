package dev.sluice.plugins.headertransform;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Headers;
import dev.sluice.plugins.headertransform.HeaderTransformConfig.Entry;
import dev.sluice.plugins.headertransform.HeaderTransformConfig.Operation;
import dev.sluice.plugins.headertransform.HeaderTransformConfig.Rule;
import dev.sluice.plugins.headertransform.HeaderTransformConfig.Source;
import dev.sluice.plugins.headertransform.HeaderTransformConfig.Strategy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Makes changes of what a config says, and refuses what an operation has no use for. */
final class Compiler {
    private static final Map<Operation, List<String>> REQUIRED = Map.of(
            Operation.REMOVE, List.of("key"),
            Operation.RENAME, List.of("oldKey", "newKey"),
            Operation.REPLACE, List.of("key", "newValue"),
            Operation.ADD, List.of("key", "value"),
            Operation.APPEND, List.of("key", "appendValue"),
            Operation.MAP, List.of("fromKey", "toKey"),
            Operation.DEDUPE, List.of("key"));
    private static final Map<Operation, Set<String>> OPTIONAL = Map.of(
            Operation.REPLACE, Set.of("hostPattern", "pathPattern"),
            Operation.ADD, Set.of("hostPattern", "pathPattern"),
            Operation.APPEND, Set.of("hostPattern", "pathPattern"),
            Operation.DEDUPE, Set.of("strategy"));

    private Compiler() {}

    /** The changes in order. */
    static List<Change> compile(List<Rule> rules, String list) {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            String at = list + "[" + i + "]";
            if (rule.mapSource() != null && rule.operate() != Operation.MAP) {
                throw new ConfigException(at + ".mapSource", "only map takes a source: remove it");
            }
            for (int j = 0; j < rule.headers().size(); j++) {
                try {
                    changes.add(change(rule, rule.headers().get(j)));
                } catch (ConfigException e) {
                    String below = e.path().isEmpty() ? "" : "." + e.path();
                    throw new ConfigException(at + ".headers[" + j + "]" + below, String.valueOf(e.getMessage()));
                }
            }
        }
        return List.copyOf(changes);
    }

    private static Change change(Rule rule, Entry entry) {
        Map<String, String> given = given(entry);
        check(rule.operate(), given);
        return switch (rule.operate()) {
            case REMOVE -> remove(changed(given, "key"));
            case RENAME -> rename(changed(given, "oldKey"), changed(given, "newKey"));
            case REPLACE -> write(changed(given, "key"), value(given, "newValue"), Headers::set);
            case ADD -> add(changed(given, "key"), value(given, "value"));
            case APPEND -> write(changed(given, "key"), value(given, "appendValue"), Headers::add);
            case MAP -> map(rule.mapSource(), given);
            case DEDUPE -> dedupe(changed(given, "key"), entry.strategy());
        };
    }

    private static Map<String, String> given(Entry entry) {
        Map<String, String> given = new LinkedHashMap<>();
        put(given, "key", entry.key());
        put(given, "oldKey", entry.oldKey());
        put(given, "newKey", entry.newKey());
        put(given, "value", entry.value());
        put(given, "newValue", entry.newValue());
        put(given, "appendValue", entry.appendValue());
        put(given, "fromKey", entry.fromKey());
        put(given, "toKey", entry.toKey());
        put(
                given,
                "strategy",
                entry.strategy() == null ? null : entry.strategy().name());
        put(given, "hostPattern", entry.hostPattern());
        put(given, "pathPattern", entry.pathPattern());
        return given;
    }

    private static void put(Map<String, String> given, String field, @Nullable String value) {
        if (value != null) {
            given.put(field, value);
        }
    }

    private static void check(Operation operation, Map<String, String> given) {
        String word = operation.name().toLowerCase(Locale.ROOT);
        List<String> required = REQUIRED.getOrDefault(operation, List.of());
        for (String field : given.keySet()) {
            if (!required.contains(field)
                    && !OPTIONAL.getOrDefault(operation, Set.of()).contains(field)) {
                throw new ConfigException(
                        field, word + " has no use for it: it takes " + String.join(" and ", required));
            }
        }
        for (String field : required) {
            if (!given.containsKey(field)) {
                throw new ConfigException("", word + " needs '" + field + "': add it");
            }
        }
    }

    private static String changed(Map<String, String> given, String field) {
        return Names.changed(given.getOrDefault(field, ""), field);
    }

    private static Value value(Map<String, String> given, String field) {
        return Value.of(given.getOrDefault(field, ""), field, given.get("hostPattern"), given.get("pathPattern"));
    }

    private static Change remove(String name) {
        return (fields, request) -> fields.remove(name);
    }

    private static Change rename(String from, String to) {
        if (from.equals(to)) {
            throw new ConfigException("newKey", "the same header as oldKey, as names count in any case: name another");
        }
        return (fields, request) -> {
            List<String> values = fields.all(from);
            if (!values.isEmpty()) {
                fields.remove(from);
                replace(fields, to, values);
            }
        };
    }

    private interface Writer {
        void write(Headers fields, String name, String value);
    }

    private static Change write(String name, Value value, Writer writer) {
        return (fields, request) -> {
            String text = value.of(request);
            if (text != null) {
                writer.write(fields, name, text);
            }
        };
    }

    private static Change add(String name, Value value) {
        return write(name, value, (fields, key, text) -> {
            if (fields.get(key) == null) {
                fields.set(key, text);
            }
        });
    }

    private static Change map(@Nullable Source source, Map<String, String> given) {
        String to = changed(given, "toKey");
        String from = given.getOrDefault("fromKey", "");
        if (source == Source.QUERYS) {
            return (fields, request) -> replace(fields, to, Query.values(request.query(), from));
        }
        String name = Names.read(from, "fromKey");
        if (source == Source.REQUEST) {
            return (fields, request) -> replace(fields, to, request.headers().all(name));
        }
        return (fields, request) -> replace(fields, to, fields.all(name));
    }

    /** Puts these values in the place of those that are there, if there are any of these. */
    private static void replace(Headers fields, String name, List<String> values) {
        BiConsumer<String, String> write = fields::set;
        for (String value : values) {
            write.accept(name, value);
            write = fields::add;
        }
    }

    private static Change dedupe(String name, @Nullable Strategy strategy) {
        Strategy chosen = strategy == null ? Strategy.RETAIN_FIRST : strategy;
        return (fields, request) -> {
            List<String> values = fields.all(name);
            if (!values.isEmpty()) {
                replace(fields, name, kept(chosen, values));
            }
        };
    }

    private static List<String> kept(Strategy strategy, List<String> values) {
        return switch (strategy) {
            case RETAIN_FIRST -> values.subList(0, 1);
            case RETAIN_LAST -> values.subList(values.size() - 1, values.size());
            case RETAIN_UNIQUE -> List.copyOf(new LinkedHashSet<>(values));
            case SPLIT_AND_RETAIN_FIRST -> List.of(split(values).get(0));
            case SPLIT_AND_RETAIN_LAST -> {
                List<String> all = split(values);
                yield List.of(all.get(all.size() - 1));
            }
        };
    }

    private static List<String> split(List<String> values) {
        return List.of(String.join(",", values).split(",", -1)).stream()
                .map(String::strip)
                .toList();
    }
}
