package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.host.plugin.Descriptor;
import dev.sluice.host.plugin.InstalledFilter;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a filter's config of its tree: aliases renamed, normalised by its plugin, inline providers taken out, formats
 * and schema checked, defaults filled in, bound to the record.
 */
final class FilterConfigs {
    private final RecordBinder binder = new RecordBinder();
    private final IdentityHashMap<Descriptor, CheckedSchema> schemas = new IdentityHashMap<>();
    private final Providers providers;
    private final Places places;
    private final List<Problem> problems;

    FilterConfigs(Providers providers, Places places, List<Problem> problems) {
        this.providers = providers;
        this.places = places;
        this.problems = problems;
    }

    /**
     * Reads one entry's config.
     *
     * @param path of the config
     * @param entry path of the entry
     */
    FilterDraft read(
            InstalledFilter filter,
            JsonNode config,
            JsonNode written,
            String path,
            String entry,
            boolean skipOnError,
            @Nullable String route) {
        ObjectNode shown = written instanceof ObjectNode object ? object : FilterEntries.none();
        if (!(config instanceof ObjectNode) && !config.isNull() && !config.isMissingNode()) {
            problems.add(
                    places.problem(path, "expected a mapping of the filter's settings, got " + Shown.kind(config)));
            return new FilterDraft(filter, FilterEntries.none(), shown, path, entry, null);
        }
        ObjectNode given = config instanceof ObjectNode object ? object.deepCopy() : FilterEntries.none();
        int before = problems.size();
        CheckedSchema schema = schemas.computeIfAbsent(
                filter.descriptor(), descriptor -> CheckedSchema.of(FilterSchemas.of(descriptor)));
        SchemaView view = SchemaView.of(schema.source());
        new Aliases(places, problems).resolve(view, given, path);
        ObjectNode tree = normalized(filter, given, path);
        Set<String> named = providers.refer(view, tree, path, route);
        new Formats(places, problems).check(view, tree, path);
        new SchemaCheck(places, problems).check(schema, tree, path);
        Record bound = null;
        RedisConfig redis = null;
        if (problems.size() == before) {
            Defaults.fill(SchemaView.certain(schema.source()), tree);
            redis = redis(filter.descriptor(), tree, path);
        }
        if (problems.size() == before) {
            bound = bound(filter, redis == null ? tree : withoutLogin(filter.descriptor(), tree, redis), path);
        }
        FilterUse use =
                bound == null ? null : new FilterUse(filter, bound, tree, skipOnError, List.copyOf(named), redis, path);
        return new FilterDraft(filter, tree, shown, path, entry, use);
    }

    private @Nullable RedisConfig redis(Descriptor descriptor, ObjectNode tree, String path) {
        String key = FilterSchemas.redisKey(descriptor);
        return key.isEmpty() || !tree.has(key)
                ? null
                : new HostBinder(places, problems).redis(tree.get(key), RecordBinder.join(path, key));
    }

    /** What the filter learns of a Redis of its own: where it is. */
    private static ObjectNode withoutLogin(Descriptor descriptor, ObjectNode tree, RedisConfig redis) {
        return tree.deepCopy().put(FilterSchemas.redisKey(descriptor), redis.place());
    }

    /** A plugin's own code: whatever it throws is this entry's problem. */
    private ObjectNode normalized(InstalledFilter filter, ObjectNode tree, String path) {
        try {
            ObjectNode normalized = filter.plugin().normalize(tree.deepCopy());
            if (normalized != null) {
                return normalized;
            }
            problems.add(places.problem(path, "the filter's normalize() returned null: this is a bug of the plugin"));
        } catch (ConfigException e) {
            problems.add(places.problem(RecordBinder.join(path, e.path()), String.valueOf(e.getMessage())));
        } catch (Throwable e) {
            problems.add(places.problem(path, "the filter's normalize() failed: " + e));
        }
        return tree;
    }

    private @Nullable Record bound(InstalledFilter filter, ObjectNode tree, String path) {
        try {
            return binder.bind(tree, filter.plugin().configType());
        } catch (ConfigException e) {
            problems.add(places.problem(RecordBinder.join(path, e.path()), String.valueOf(e.getMessage())));
        } catch (Throwable e) {
            problems.add(places.problem(path, "the filter's config record failed: " + e));
        }
        return null;
    }
}
