package dev.sluice.plugins.contentsafety;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The operator's own patterns, over the plain text. RE2: time in proportion to the text, whatever the pattern. */
final class RegexEngine implements Engine.Local {
    private final List<Rule> rules;

    RegexEngine(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    /**
     * One pattern.
     *
     * @param mask what replaces a match; null: a placeholder of the risk's name
     * @param action what is done about a match, where the rule says so itself
     */
    record Rule(
            Pattern pattern,
            String risk,
            Level level,
            @Nullable Function<Matcher, String> mask,
            @Nullable Action action) {}

    @Override
    public String name() {
        return "regex";
    }

    @Override
    public List<Finding> find(Text text) {
        List<Finding> found = new ArrayList<>();
        String plain = text.plain();
        for (Rule rule : rules) {
            Matcher matcher = rule.pattern.matcher(plain);
            while (matcher.find()) {
                if (matcher.end() > matcher.start()) {
                    Function<Matcher, String> mask = rule.mask;
                    found.add(text.back(Finding.at(matcher.start(), matcher.end(), rule.risk, "regex", rule.level)
                            .masked(mask == null ? null : mask.apply(matcher))
                            .decided(rule.action)));
                }
            }
        }
        return found;
    }
}
