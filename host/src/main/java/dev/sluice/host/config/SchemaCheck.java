package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.Error;
import com.networknt.schema.path.NodePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Checks values against schemas, and says what is wrong in an operator's words. A value that came out of a placeholder
 * is text; where a number or {@code true} is asked for and it reads as one, it becomes one.
 */
final class SchemaCheck {
    private static final Set<String> CHOICES = Set.of("anyOf", "oneOf");

    private final Places places;
    private final List<Problem> problems;

    SchemaCheck(Places places, List<Problem> problems) {
        this.places = places;
        this.problems = problems;
    }

    /** Reports everything that the schema does not accept in the value; whether it accepted all of it. */
    boolean check(CheckedSchema schema, ObjectNode value, String path) {
        List<Error> errors = schema.validator().validate(value);
        boolean retyped = false;
        for (Error error : errors) {
            retyped |= error.getKeyword().equals("type") && retype(error, value, path);
        }
        if (retyped) {
            errors = schema.validator().validate(value);
        }
        report(schema, errors, path, 0);
        return errors.isEmpty();
    }

    private boolean retype(Error error, ObjectNode value, String path) {
        NodePath at = error.getInstanceLocation();
        if (places.written(dotted(path, at)) == null || at.getNameCount() == 0) {
            return false;
        }
        JsonNode typed = YamlFile.typed(error.getInstanceNode().asText());
        if (typed.isTextual() || typed.isNull()) {
            return false;
        }
        JsonNode parent = value;
        for (int i = 0; i < at.getNameCount() - 1; i++) {
            parent = at.getElement(i) instanceof Integer index ? parent.path(index) : parent.path(at.getName(i));
        }
        if (parent instanceof ArrayNode array && at.getElement(at.getNameCount() - 1) instanceof Integer index) {
            array.set(index, typed);
        } else if (parent instanceof ObjectNode object) {
            object.set(at.getName(at.getNameCount() - 1), typed);
        }
        return true;
    }

    /** Reports errors whose evaluation paths are alike up to a depth; those of one choice become one problem. */
    private void report(CheckedSchema schema, List<Error> errors, String path, int depth) {
        List<Error> left = new ArrayList<>(errors);
        while (!left.isEmpty()) {
            Error first = left.remove(0);
            int choice = choice(first, depth);
            if (choice < 0) {
                one(schema, first, path);
                continue;
            }
            List<Error> group = new ArrayList<>(List.of(first));
            left.removeIf(other -> sameChoice(first, other, choice) && group.add(other));
            choices(schema, group, path, choice);
        }
    }

    private static int choice(Error error, int depth) {
        NodePath path = error.getEvaluationPath();
        for (int i = depth; i < path.getNameCount(); i++) {
            boolean named = i > 0 && path.getElement(i - 1).equals("properties");
            if (CHOICES.contains(path.getName(i)) && !named) {
                return i;
            }
        }
        return -1;
    }

    private static boolean sameChoice(Error one, Error other, int choice) {
        NodePath a = one.getEvaluationPath();
        NodePath b = other.getEvaluationPath();
        if (b.getNameCount() <= choice) {
            return false;
        }
        for (int i = 0; i <= choice; i++) {
            if (!a.getName(i).equals(b.getName(i))) {
                return false;
            }
        }
        return instance(one, choice).equals(instance(other, choice));
    }

    /** Where the value stands that had the choice: errors below it share the steps that its list elements took. */
    private static String instance(Error error, int choice) {
        StringBuilder at = new StringBuilder();
        NodePath path = error.getInstanceLocation();
        int steps = 0;
        for (int i = 0; i < choice; i++) {
            String name = error.getEvaluationPath().getName(i);
            steps += name.equals("items") || name.equals("properties") || name.equals("additionalProperties") ? 1 : 0;
        }
        for (int i = 0; i < Math.min(steps, path.getNameCount()); i++) {
            at.append('/').append(path.getName(i));
        }
        return at.toString();
    }

    private void choices(CheckedSchema schema, List<Error> group, String path, int choice) {
        List<Error> branches = group.stream()
                .filter(error -> error.getEvaluationPath().getNameCount() > choice + 1)
                .toList();
        Error first = group.get(0);
        if (branches.isEmpty()) {
            problems.add(places.problem(
                    dotted(path, first.getInstanceLocation()),
                    expected(schema, first, "only one of the ways to give this may be used at a time")));
            return;
        }
        if (branches.stream().allMatch(error -> error.getKeyword().equals("required") && isHere(error, choice))) {
            problems.add(places.problem(
                    dotted(path, first.getInstanceLocation()),
                    "one of " + quoted(branches.stream().map(Error::getProperty).toList()) + " is required"));
            return;
        }
        List<Error> types = branches.stream()
                .filter(error -> error.getKeyword().equals("type") && isHere(error, choice))
                .toList();
        List<List<Error>> chosen = branches.stream()
                .collect(
                        Collectors.groupingBy(error -> error.getEvaluationPath().getName(choice + 1)))
                .values()
                .stream()
                .filter(branch -> branch.stream().noneMatch(types::contains))
                .sorted((a, b) -> Integer.compare(deepest(b), deepest(a)) != 0
                        ? Integer.compare(deepest(b), deepest(a))
                        : Integer.compare(a.size(), b.size()))
                .toList();
        if (chosen.isEmpty()) {
            String expected = types.stream()
                    .map(error -> kinds(error.getSchemaNode()))
                    .distinct()
                    .collect(Collectors.joining(" or "));
            problems.add(wrong(schema, types.get(0), path, expected));
            return;
        }
        report(schema, chosen.get(0), path, choice + 1);
    }

    private static boolean isHere(Error error, int choice) {
        return error.getEvaluationPath().getNameCount() == choice + 3;
    }

    private static int deepest(List<Error> branch) {
        return branch.stream()
                .mapToInt(error -> error.getInstanceLocation().getNameCount())
                .max()
                .orElse(0);
    }

    private void one(CheckedSchema schema, Error error, String path) {
        NodePath location = error.getInstanceLocation();
        String at = dotted(path, location);
        JsonNode limit = error.getSchemaNode();
        switch (error.getKeyword()) {
            case "additionalProperties", "unevaluatedProperties" -> {
                Set<String> known = view(schema, location).properties().keySet();
                String hint = Suggest.hint(error.getProperty(), known);
                problems.add(places.keyProblem(
                        join(at, error.getProperty()), "unknown key" + (hint.isEmpty() ? "" : ", " + hint)));
            }
            case "propertyNames" ->
                problems.add(places.keyProblem(
                        join(at, error.getProperty()),
                        "expected "
                                + named(schema, location)
                                + ", got "
                                + Shown.value(TextNode.valueOf(error.getProperty()))));
            case "required" ->
                problems.add(places.problem(at, "required key '" + error.getProperty() + "' is missing"));
            case "dependentRequired" ->
                problems.add(places.problem(
                        at, "'" + error.getProperty() + "' also needs the key '" + error.getArguments()[0] + "'"));
            case "type" -> problems.add(wrong(schema, error, path, kinds(limit)));
            case "enum" -> problems.add(wrongWord(schema, error, at));
            case "const" -> problems.add(wrong(schema, error, path, Shown.value(limit)));
            case "pattern" -> problems.add(wrong(schema, error, path, "text that matches " + limit.asText()));
            case "minimum" -> problems.add(wrong(schema, error, path, "at least " + limit.asText()));
            case "maximum" -> problems.add(wrong(schema, error, path, "at most " + limit.asText()));
            case "exclusiveMinimum" -> problems.add(wrong(schema, error, path, "more than " + limit.asText()));
            case "exclusiveMaximum" -> problems.add(wrong(schema, error, path, "less than " + limit.asText()));
            case "multipleOf" -> problems.add(wrong(schema, error, path, "a multiple of " + limit.asText()));
            case "minLength" ->
                problems.add(places.problem(
                        at,
                        limit.asInt() == 1 ? "must not be empty" : "must be at least " + limit + " characters long"));
            case "maxLength" -> problems.add(places.problem(at, "must be at most " + limit + " characters long"));
            case "minItems", "minProperties" ->
                problems.add(places.problem(
                        at, limit.asInt() == 1 ? "must not be empty" : "must have at least " + limit + " entries"));
            case "maxItems", "maxProperties" ->
                problems.add(places.problem(at, "must have at most " + limit + " entries"));
            case "uniqueItems" -> problems.add(places.problem(at, "must not hold the same entry twice"));
            default -> problems.add(places.problem(at, expected(schema, error, error.getMessage())));
        }
    }

    private Problem wrong(CheckedSchema schema, Error error, String path, String expected) {
        String at = dotted(path, error.getInstanceLocation());
        SchemaView view = view(schema, error.getInstanceLocation());
        JsonNode value = error.getInstanceNode();
        String stated = view.text("x-expected").isEmpty() ? expected : view.text("x-expected");
        boolean quotes = stated.equals("text") && value.isValueNode() && !value.isNull();
        return places.problem(
                at,
                "expected " + stated + ", got " + Formats.got(view, value, at, places)
                        + (quotes ? ": put it in quotes" : ""));
    }

    private Problem wrongWord(CheckedSchema schema, Error error, String at) {
        List<String> words = StreamSupport.stream(error.getSchemaNode().spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        SchemaView view = view(schema, error.getInstanceLocation());
        String expected =
                words.size() == 1 ? Shown.value(error.getSchemaNode().get(0)) : "one of " + String.join(", ", words);
        String near = places.written(at) != null || view.is("writeOnly")
                ? ""
                : Suggest.near(error.getInstanceNode().asText(), words)
                        .map(word -> ": did you mean '" + word + "'?")
                        .orElse("");
        return places.problem(
                at, "expected " + expected + ", got " + Formats.got(view, error.getInstanceNode(), at, places) + near);
    }

    private static String expected(CheckedSchema schema, Error error, String otherwise) {
        String expected = view(schema, error.getInstanceLocation()).text("x-expected");
        return expected.isEmpty() ? otherwise : "expected " + expected;
    }

    private static String named(CheckedSchema schema, NodePath location) {
        JsonNode names = view(schema, location).keyword("propertyNames");
        if (names == null) {
            return "another name";
        }
        List<String> words = StreamSupport.stream(names.path("enum").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        return names.path("x-expected").asText(words.isEmpty() ? "another name" : "one of " + String.join(", ", words));
    }

    private static SchemaView view(CheckedSchema schema, NodePath location) {
        SchemaView view = SchemaView.of(schema.source());
        for (int i = 0; i < location.getNameCount(); i++) {
            view = location.getElement(i) instanceof Integer index
                    ? view.element(index)
                    : view.child(location.getName(i));
        }
        return view;
    }

    private static String kinds(JsonNode type) {
        if (!type.isArray()) {
            return kind(type.asText());
        }
        List<String> kinds = new ArrayList<>();
        type.forEach(one -> kinds.add(kind(one.asText())));
        return String.join(" or ", kinds);
    }

    private static String kind(String type) {
        return switch (type) {
            case "string" -> "text";
            case "integer" -> "a whole number";
            case "number" -> "a number";
            case "boolean" -> "true or false";
            case "array" -> "a list";
            case "object" -> "a mapping";
            default -> "nothing";
        };
    }

    private static String quoted(List<String> names) {
        return names.stream().distinct().map(name -> "'" + name + "'").collect(Collectors.joining(", "));
    }

    private static String dotted(String path, NodePath location) {
        StringBuilder dotted = new StringBuilder(path);
        for (int i = 0; i < location.getNameCount(); i++) {
            if (location.getElement(i) instanceof Integer index) {
                dotted.append('[').append(index).append(']');
            } else {
                dotted.append(dotted.isEmpty() ? "" : ".").append(location.getName(i));
            }
        }
        return dotted.toString();
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + '.' + key;
    }
}
