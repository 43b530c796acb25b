package dev.sluice.plugins.promptdecorator;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.sluice.api.ConfigException;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.plugins.promptdecorator.PromptDecoratorConfig.Replacement;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One replacement, ready to be made; in linear time, as clients choose the texts. Immutable. */
final class Rule {
    private final ChatMessage.@Nullable Role role;
    private final UnaryOperator<String> replacing;

    private Rule(ChatMessage.@Nullable Role role, UnaryOperator<String> replacing) {
        this.role = role;
        this.replacing = replacing;
    }

    static Rule of(Replacement says) {
        if (!says.regex()) {
            return new Rule(says.onRole(), text -> text.replace(says.pattern(), says.replacement()));
        }
        Pattern pattern;
        try {
            pattern = Pattern.compile(says.pattern());
            // With an empty alternative it matches here, so that what it refers to is looked up now.
            Pattern.compile("(?:" + says.pattern() + ")|").matcher("").replaceAll(says.replacement());
        } catch (PatternSyntaxException e) {
            throw new ConfigException(
                    "pattern", "not a regular expression (RE2): " + e.getDescription() + ": '" + e.getPattern() + "'");
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new ConfigException(
                    "replacement",
                    "refers to a group that the pattern has not, or breaks off: " + e.getMessage()
                            + "; write '\\$' for a dollar sign");
        }
        return new Rule(says.onRole(), text -> pattern.matcher(text).replaceAll(says.replacement()));
    }

    String apply(ChatMessage.Role speaker, String text) {
        return role == null || role == speaker ? replacing.apply(text) : text;
    }
}
