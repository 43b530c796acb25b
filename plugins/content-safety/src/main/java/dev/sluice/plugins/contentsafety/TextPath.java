package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A path to texts in a tree: names, places in lists, all of them, and whatever is below. Immutable. */
final class TextPath {
    private static final Pattern JSON_PATH = Pattern.compile(
            "(\\.\\.)?(?:\\.?\\*|\\.?([\\p{L}_][\\p{L}\\p{N}_-]*)|\\[\\*]|\\[(\\d{1,6})]|\\['([^']+)']|\\[\"([^\"]+)\"])");

    /**
     * One step.
     *
     * @param name of a field; null: any, or the place
     * @param place in a list; -1: any
     * @param below whether it may be any number of steps further down
     */
    private record Step(@Nullable String name, int place, boolean below) {}

    private final String written;
    private final List<Step> steps;

    private TextPath(String written, List<Step> steps) {
        this.written = written;
        this.steps = List.copyOf(steps);
    }

    /**
     * JSONPath, as far as it names places: {@code $.a.b}, {@code $['a'][0]}, {@code $.a[*].b}, {@code $..b}.
     *
     * @throws IllegalArgumentException for more than that, with what may be written
     */
    static TextPath jsonPath(String written) {
        List<Step> steps = new ArrayList<>();
        Matcher matcher = JSON_PATH.matcher(written);
        int at = 1;
        while (written.startsWith("$")
                && at < written.length()
                && matcher.region(at, written.length()).lookingAt()) {
            boolean below = matcher.group(1) != null;
            String name = matcher.group(2) != null
                    ? matcher.group(2)
                    : matcher.group(4) != null ? matcher.group(4) : matcher.group(5);
            int place = matcher.group(3) == null ? -1 : Integer.parseInt(matcher.group(3));
            boolean bare = matcher.group(2) != null && !below && written.charAt(at) != '.';
            if (bare) {
                break;
            }
            steps.add(new Step(name, place, below));
            at = matcher.end();
        }
        if (steps.isEmpty() || at < written.length()) {
            throw new IllegalArgumentException("'" + written
                    + "' is more than Sluice knows of JSONPath: write names, places in lists, * and .., as in"
                    + " $.input.texts[*] or $..comment; no filters, slices or functions");
        }
        return new TextPath(written, steps);
    }

    /**
     * A path of Higress's: names, places in lists and {@code #} with dots between.
     *
     * @throws IllegalArgumentException for more than that, with what may be written
     */
    static TextPath dotted(String written) {
        List<Step> steps = new ArrayList<>();
        for (String step : written.split("\\.", -1)) {
            if (!step.matches("#|[\\p{L}\\p{N}_-]+")) {
                throw new IllegalArgumentException("'" + written
                        + "' is more than Sluice knows of such paths: write names, places in lists and # with dots"
                        + " between, as in output.choices.0.message.content; no modifiers, queries or wildcards");
            }
            boolean isPlace = step.matches("\\d{1,6}");
            steps.add(
                    new Step(isPlace || step.equals("#") ? null : step, isPlace ? Integer.parseInt(step) : -1, false));
        }
        return new TextPath(written, steps);
    }

    /** The texts that it leads to, in the tree's order. */
    List<Place> in(JsonNode root) {
        List<Place> found = new ArrayList<>();
        walk(root, now -> {}, 0, found);
        return found;
    }

    private void walk(JsonNode node, Consumer<String> set, int step, List<Place> found) {
        if (step == steps.size()) {
            if (node.isTextual() && !node.textValue().isEmpty()) {
                found.add(new Place(written, Place.Speaker.USER, node.textValue(), false, set));
            }
            return;
        }
        Step next = steps.get(step);
        if (node instanceof ObjectNode object) {
            for (var field : new ArrayList<>(object.properties())) {
                String name = field.getKey();
                Consumer<String> put = now -> object.put(name, now);
                if (next.place < 0 && (next.name == null || next.name.equals(name))) {
                    walk(field.getValue(), put, step + 1, found);
                }
                if (next.below) {
                    walk(field.getValue(), put, step, found);
                }
            }
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                int place = i;
                Consumer<String> put = now -> array.set(place, TextNode.valueOf(now));
                if (next.name == null && (next.place < 0 || next.place == i)) {
                    walk(array.get(i), put, step + 1, found);
                }
                if (next.below) {
                    walk(array.get(i), put, step, found);
                }
            }
        }
    }
}
