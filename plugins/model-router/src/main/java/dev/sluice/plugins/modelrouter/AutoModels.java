package dev.sluice.plugins.modelrouter;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.sluice.api.ConfigException;
import dev.sluice.plugins.modelrouter.ModelRouterConfig.Auto;
import dev.sluice.plugins.modelrouter.ModelRouterConfig.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which model serves a text; in linear time, as clients choose the texts. Immutable. */
final class AutoModels {
    private static final Set<String> NAMES = Set.of("auto", "higress/auto");

    private record Choice(Pattern pattern, String model) {}

    private final boolean enabled;
    private final List<Choice> choices;
    private final @Nullable String otherwise;

    private AutoModels(boolean enabled, List<Choice> choices, @Nullable String otherwise) {
        this.enabled = enabled;
        this.choices = choices;
        this.otherwise = otherwise;
    }

    static AutoModels of(@Nullable Auto says) {
        if (says == null) {
            return new AutoModels(false, List.of(), null);
        }
        if (says.enable() && says.rules().isEmpty() && says.defaultModel() == null) {
            throw new ConfigException(
                    "autoRouting",
                    "'auto' would stand for nothing: give rules or a defaultModel, or set enable: false");
        }
        check(says.defaultModel(), "autoRouting.defaultModel");
        List<Choice> choices = new ArrayList<>();
        for (int i = 0; i < says.rules().size(); i++) {
            Rule rule = says.rules().get(i);
            String path = "autoRouting.rules[" + i + "].";
            check(rule.model(), path + "model");
            try {
                choices.add(new Choice(Pattern.compile(rule.pattern()), rule.model()));
            } catch (PatternSyntaxException e) {
                throw new ConfigException(
                        path + "pattern",
                        "not a regular expression (RE2): " + e.getDescription() + ": '" + e.getPattern() + "'");
            }
        }
        return new AutoModels(says.enable(), List.copyOf(choices), says.defaultModel());
    }

    private static void check(@Nullable String model, String path) {
        if (model != null && NAMES.contains(model)) {
            throw new ConfigException(path, "'" + model + "' cannot stand for itself: name a model");
        }
        if (model != null && !model.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
            throw new ConfigException(path, "a header cannot hold this name: use ASCII without control characters");
        }
    }

    boolean enabled() {
        return enabled;
    }

    /** Whether that name asks for a choice. */
    boolean isAsked(String model) {
        return enabled && NAMES.contains(model);
    }

    /** The model for that text; null if no rule fits and there is no default. */
    @Nullable
    String choose(String text) {
        return choices.stream()
                .filter(choice -> choice.pattern().matcher(text).find())
                .map(Choice::model)
                .findFirst()
                .orElse(otherwise);
    }
}
