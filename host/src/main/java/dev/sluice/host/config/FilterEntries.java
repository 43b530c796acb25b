package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.host.plugin.InstalledFilter;
import dev.sluice.host.plugin.PluginCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads the entries of filter lists: which filter each one names, and what it is configured with. */
final class FilterEntries {
    private static final String USE = "use";
    private static final Set<String> LONG_FORM = Set.of(USE, "version", "config", "onError", "canary");
    private static final Set<String> ON_ERROR = Set.of("skip", "fail");

    private final PluginCatalog catalog;
    private final FilterConfigs configs;
    private final Places places;
    private final List<Problem> problems;
    private boolean complete = true;

    FilterEntries(PluginCatalog catalog, FilterConfigs configs, Places places, List<Problem> problems) {
        this.catalog = catalog;
        this.configs = configs;
        this.places = places;
        this.problems = problems;
    }

    /** Whether every entry so far named an installed filter. */
    boolean isComplete() {
        return complete;
    }

    /**
     * The entries of one list that name an installed filter.
     *
     * @param path of the list
     * @param route the name of its route; null for the list of all routes
     */
    List<FilterDraft> read(JsonNode list, JsonNode written, String path, @Nullable String route) {
        List<FilterDraft> drafts = new ArrayList<>();
        for (int i = 0; list.isArray() && i < list.size(); i++) {
            int before = problems.size();
            FilterDraft draft = entry(list.get(i), written.path(i), path + '[' + i + ']', route);
            if (draft == null) {
                complete = false;
            } else {
                // An entry whose form is wrong is no use either, however right its config.
                drafts.add(problems.size() == before ? draft : withoutUse(draft));
            }
        }
        return drafts;
    }

    private static FilterDraft withoutUse(FilterDraft draft) {
        return new FilterDraft(draft.filter(), draft.tree(), draft.written(), draft.path(), draft.entry(), null);
    }

    private @Nullable FilterDraft entry(JsonNode entry, JsonNode written, String path, @Nullable String route) {
        if (entry.isTextual()) {
            problems.add(
                    places.problem(path, "expected a filter and its config: write '- " + written.asText() + ": {}'"));
            return null;
        }
        if (!(entry instanceof ObjectNode object)) {
            problems.add(places.problem(
                    path, "expected a filter and its config like '- key-auth: {}', got " + Shown.kind(entry)));
            return null;
        }
        if (object.has(USE)) {
            return longForm(object, written, path, route);
        }
        if (object.size() != 1) {
            String first = object.isEmpty() ? "NAME" : object.fieldNames().next();
            problems.add(places.problem(
                    path,
                    "expected one filter an entry, got " + object.size() + " keys: write '- " + first
                            + ": {…}', or '- { use: " + first + ", config: {…}, onError: skip }'"));
            return null;
        }
        String name = object.fieldNames().next();
        String at = path + '.' + name;
        InstalledFilter filter = find(name, null, at, at);
        return filter == null
                ? null
                : configs.read(filter, object.get(name), written.path(name), at, path, false, route);
    }

    private @Nullable FilterDraft longForm(ObjectNode entry, JsonNode written, String path, @Nullable String route) {
        entry.fieldNames().forEachRemaining(key -> {
            if (!LONG_FORM.contains(key)) {
                problems.add(places.keyProblem(path + '.' + key, "unknown key, " + Suggest.hint(key, LONG_FORM)));
            }
        });
        if (entry.has("canary")) {
            problems.add(places.keyProblem(path + ".canary", "canary is not supported yet: remove it"));
        }
        boolean skip = word(entry, "onError", path, "fail").equals("skip");
        String name = text(entry, USE, path);
        String version = entry.has("version") ? text(entry, "version", path) : null;
        if (name == null || (entry.has("version") && version == null)) {
            return null;
        }
        InstalledFilter filter = find(name, version, path + "." + USE, path + ".version");
        JsonNode config = entry.path("config");
        return filter == null
                ? null
                : configs.read(filter, config, written.path("config"), path + ".config", path, skip, route);
    }

    private @Nullable String text(ObjectNode entry, String key, String path) {
        JsonNode value = entry.get(key);
        if (value.isTextual()) {
            return value.textValue();
        }
        problems.add(places.problem(
                path + '.' + key, "expected text, got " + got(value, path + '.' + key) + ": put it in quotes"));
        return null;
    }

    private String word(ObjectNode entry, String key, String path, String otherwise) {
        JsonNode value = entry.get(key);
        if (value == null) {
            return otherwise;
        }
        if (!ON_ERROR.contains(value.asText())) {
            problems.add(places.problem(
                    path + '.' + key, "expected one of fail, skip, got " + got(value, path + '.' + key)));
        }
        return value.asText();
    }

    private String got(JsonNode value, String path) {
        String written = places.written(path);
        return written == null ? Shown.value(value) : "the value of " + written;
    }

    private @Nullable InstalledFilter find(String name, @Nullable String version, String namePath, String versionPath) {
        Optional<InstalledFilter> found = catalog.find(name, version);
        if (found.isPresent()) {
            return found.get();
        }
        List<String> versions = catalog.versions(name);
        if (versions.isEmpty()) {
            problems.add(places.keyProblem(namePath, unknown(name)));
        } else {
            problems.add(places.problem(
                    versionPath,
                    "version " + places.quoted(versionPath, version) + " of '" + name
                            + "' is not installed: installed is " + String.join(", ", versions)));
        }
        return null;
    }

    private String unknown(String name) {
        Set<String> names = new TreeSet<>(catalog.filterNames());
        catalog.generations()
                .forEach(generation -> generation
                        .filters()
                        .forEach(filter -> names.addAll(filter.descriptor().aliases())));
        StringBuilder message = new StringBuilder("no filter of this name is installed");
        Suggest.near(name, names)
                .ifPresent(
                        near -> message.append(", did you mean '").append(near).append("'?"));
        Set<String> installed = catalog.filterNames();
        message.append(installed.isEmpty() ? "; none is installed" : "; installed: " + String.join(", ", installed));
        catalog.refused()
                .forEach(jar -> message.append("; ")
                        .append(jar.jar())
                        .append(" is refused: ")
                        .append(jar.reason()));
        return message.toString();
    }

    /** What a missing config means. */
    static ObjectNode none() {
        return JsonNodeFactory.instance.objectNode();
    }
}
