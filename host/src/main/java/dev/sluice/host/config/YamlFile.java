package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.host.config.Marks.Mark;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * One file of YAML 1.2, made into two trees: with placeholders resolved, and as written.
 *
 * <p>It works on the parser's events, not on its nodes: a tag can be told from a guess there, nesting is bounded before
 * anything recurses, and an alias is the anchored events played again, counted like any others.
 */
final class YamlFile {
    private static final int MAX_DEPTH = 100;
    private static final int MAX_NODES = 200_000;
    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setSchema(new CoreSchema()).build();
    private static final ScalarResolver RESOLVER = SETTINGS.getSchema().getScalarResolver();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** A value with its placeholders resolved, and as written. */
    private record Value(JsonNode resolved, JsonNode written) {}

    /** Ends reading: what follows could not be understood. */
    private static final class Stop extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stop() {
            super(null, null, false, false);
        }
    }

    private final String name;
    private final Path base;
    private final Placeholders placeholders;
    private final Places places;
    private final List<Problem> problems;

    private List<Event> events = List.of();
    private final Map<Anchor, Integer> anchors = new HashMap<>();
    private final Set<Integer> open = new HashSet<>();
    private int next;
    private int nodes;

    private YamlFile(String name, Path base, Placeholders placeholders, Places places, List<Problem> problems) {
        this.name = name;
        this.base = base;
        this.placeholders = placeholders;
        this.places = places;
        this.problems = problems;
    }

    /**
     * Reads the text.
     *
     * @param name the file as the operator named it
     * @param base the directory to which the paths of placeholders are relative
     * @return null if it could not be made into a tree; the problems say why
     */
    static @Nullable Document read(
            String name, Path base, String text, Placeholders placeholders, List<Problem> problems) {
        Places places = new Places(name);
        try {
            return new YamlFile(name, base, placeholders, places, problems).read(text);
        } catch (MarkedYamlEngineException e) {
            problems.add(syntax(name, e));
        } catch (YamlEngineException e) {
            problems.add(new Problem(name, 0, 0, "", "not valid YAML: " + firstLine(e.getMessage())));
        } catch (Stop e) {
            return null;
        }
        return null;
    }

    private @Nullable Document read(String text) {
        events = parse(text);
        Event first = events.get(1);
        if (first.getEventId() == Event.ID.StreamEnd) {
            problems.add(new Problem(name, 0, 0, "", "the file is empty: it needs at least 'routes'"));
            return null;
        }
        next = 2;
        Value root = value("", mark(events.get(2)), null, 0);
        next++;
        if (events.get(next).getEventId() != Event.ID.StreamEnd) {
            stop(mark(events.get(next)), "", "a second document begins here: one file holds one document");
        }
        if (root.resolved().isNull()) {
            problems.add(new Problem(name, 0, 0, "", "the file is empty: it needs at least 'routes'"));
            return null;
        }
        if (!(root.resolved() instanceof ObjectNode resolved) || !(root.written() instanceof ObjectNode written)) {
            stop(
                    mark(events.get(2)),
                    "",
                    "expected keys like 'routes:' at the top of the file, got " + Shown.kind(root.resolved()));
            return null;
        }
        return new Document(resolved, written, places);
    }

    private static List<Event> parse(String text) {
        List<Event> events = new ArrayList<>();
        new Parse(SETTINGS).parseString(text).forEach(events::add);
        return events;
    }

    /** The value whose first event is next. */
    private Value value(String path, Mark at, @Nullable Mark key, int depth) {
        Event event = events.get(next++);
        if (++nodes > MAX_NODES) {
            stop(at, path, "more than " + MAX_NODES + " values once its aliases are expanded: make it smaller");
        }
        if (event instanceof AliasEvent alias) {
            return anchored(alias, path, at, key, depth);
        }
        int start = next - 1;
        NodeEvent node = (NodeEvent) event;
        node.getAnchor().ifPresent(anchor -> anchors.put(anchor, start));
        tag(event).ifPresent(tag -> problem(at, path, "tags like " + tag + " are not used here: remove it"));
        if (event instanceof ScalarEvent scalar) {
            return scalar(scalar, path, at, key);
        }
        if (depth >= MAX_DEPTH) {
            stop(at, path, "nested more than " + MAX_DEPTH + " levels deep");
        }
        open.add(start);
        CollectionStartEvent collection = (CollectionStartEvent) event;
        places.put(path, collection.isFlow() || key == null ? at : key, key, null);
        Value value = event instanceof MappingStartEvent ? mapping(path, depth) : sequence(path, depth);
        open.remove(start);
        return value;
    }

    private Value anchored(AliasEvent alias, String path, Mark at, @Nullable Mark key, int depth) {
        Integer start = anchors.get(alias.getAlias());
        if (start == null) {
            stop(at, path, "no anchor '&" + alias.getAlias() + "' stands before this alias");
            throw new Stop();
        }
        if (open.contains(start)) {
            stop(at, path, "the alias '*" + alias.getAlias() + "' stands within its own anchor: it would never end");
        }
        int after = next;
        next = start;
        Value value = value(path, mark(events.get(start)), key, depth);
        next = after;
        return value;
    }

    private Value mapping(String path, int depth) {
        ObjectNode resolved = NODES.objectNode();
        ObjectNode written = NODES.objectNode();
        Map<String, Mark> seen = new HashMap<>();
        while (events.get(next).getEventId() != Event.ID.MappingEnd) {
            Mark at = mark(events.get(next));
            if (!(events.get(next) instanceof ScalarEvent key)) {
                stop(at, path, "a key must be plain text");
                throw new Stop();
            }
            next++;
            tag(key).ifPresent(tag -> problem(at, path, "tags like " + tag + " are not used here: remove it"));
            key.getAnchor().ifPresent(anchor -> anchors.put(anchor, next - 1));
            String child = path.isEmpty() ? key.getValue() : path + '.' + key.getValue();
            Mark before = seen.putIfAbsent(key.getValue(), at);
            if (before != null) {
                problem(at, child, "the key is already set in line " + before.line() + ": keep one");
            }
            if (key.isPlain() && key.getValue().equals("<<")) {
                problem(at, child, "merge keys are not YAML 1.2: repeat the keys, or alias a whole value");
            }
            Value value = value(child, mark(events.get(next)), at, depth + 1);
            resolved.set(key.getValue(), value.resolved());
            written.set(key.getValue(), value.written());
        }
        next++;
        return new Value(resolved, written);
    }

    private Value sequence(String path, int depth) {
        ArrayNode resolved = NODES.arrayNode();
        ArrayNode written = NODES.arrayNode();
        while (events.get(next).getEventId() != Event.ID.SequenceEnd) {
            String child = path + '[' + resolved.size() + ']';
            Value value = value(child, mark(events.get(next)), null, depth + 1);
            resolved.add(value.resolved());
            written.add(value.written());
        }
        next++;
        return new Value(resolved, written);
    }

    private Value scalar(ScalarEvent scalar, String path, Mark at, @Nullable Mark key) {
        String text = scalar.getValue();
        if (Placeholders.in(text)) {
            places.put(path, at, key, text);
            String resolved = placeholders.resolve(text, base, message -> problem(at, path, message));
            places.resolved(text, resolved);
            return new Value(TextNode.valueOf(resolved), TextNode.valueOf(text));
        }
        places.put(path, at, key, null);
        JsonNode value = scalar.isPlain() ? typed(text) : TextNode.valueOf(text);
        return new Value(value, value);
    }

    /** What a plain scalar means in YAML 1.2's core schema. */
    static JsonNode typed(String text) {
        Tag tag = RESOLVER.resolve(text, true);
        if (tag.equals(Tag.NULL)) {
            return NullNode.instance;
        }
        if (tag.equals(Tag.BOOL)) {
            return BooleanNode.valueOf(text.equalsIgnoreCase("true"));
        }
        if (tag.equals(Tag.INT)) {
            return integer(text);
        }
        if (tag.equals(Tag.FLOAT)) {
            return decimal(text.toLowerCase(Locale.ROOT));
        }
        return TextNode.valueOf(text);
    }

    private static JsonNode integer(String text) {
        BigInteger value = text.startsWith("0x")
                ? new BigInteger(text.substring(2), 16)
                : text.startsWith("0o") ? new BigInteger(text.substring(2), 8) : new BigInteger(text);
        return value.bitLength() < Integer.SIZE
                ? NODES.numberNode(value.intValue())
                : value.bitLength() < Long.SIZE ? NODES.numberNode(value.longValue()) : NODES.numberNode(value);
    }

    private static JsonNode decimal(String text) {
        if (text.endsWith(".nan")) {
            return DoubleNode.valueOf(Double.NaN);
        }
        if (text.endsWith(".inf")) {
            return DoubleNode.valueOf(text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        }
        // An exponent makes a few characters a number of a million digits; without one it stays as written: 1.10.
        return text.indexOf('e') < 0
                ? DecimalNode.valueOf(new BigDecimal(text))
                : DoubleNode.valueOf(Double.parseDouble(text));
    }

    private static Optional<String> tag(Event event) {
        return event instanceof ScalarEvent scalar ? scalar.getTag() : ((CollectionStartEvent) event).getTag();
    }

    private Mark mark(Event event) {
        return event.getStartMark()
                .map(mark -> new Mark(name, mark.getLine() + 1, mark.getColumn() + 1))
                .orElseThrow();
    }

    private void problem(Mark at, String path, String message) {
        problems.add(Marks.problem(name, at, path, message));
    }

    private void stop(Mark at, String path, String message) {
        problem(at, path, message);
        throw new Stop();
    }

    private static Problem syntax(String name, MarkedYamlEngineException e) {
        String context = e.getContext() == null ? "" : " (" + firstLine(e.getContext()) + ")";
        String message = "not valid YAML: " + firstLine(e.getProblem()) + context;
        return e.getProblemMark()
                .map(at -> new Problem(name, at.getLine() + 1, at.getColumn() + 1, "", message))
                .orElseGet(() -> new Problem(name, 0, 0, "", message));
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "" : message.lines().findFirst().orElse("");
    }
}
