package dev.sluice.plugins.tokenratelimit;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which values of a fact are meant. */
final class Texts {
    private Texts() {}

    /**
     * Whatever one of these is: a text, a glob, {@code ~} and a regular expression, or of an address a network.
     *
     * @throws IllegalArgumentException if one of them is none
     */
    static Predicate<String> anyOf(Fact fact, List<String> written) {
        List<Predicate<String>> all = new ArrayList<>();
        for (String text : written) {
            all.add(
                    text.startsWith("~")
                            ? regex(text.substring(1))
                            : fact.kind() == Fact.Kind.IP ? network(text) : glob(text));
        }
        return value -> all.stream().anyMatch(one -> one.test(value));
    }

    /** Values in which the expression is found; in time linear to the value. */
    static Predicate<String> regex(String expression) {
        try {
            Pattern pattern = Pattern.compile(expression);
            return value -> pattern.matcher(value).find();
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "not a regular expression (RE2): " + e.getDescription() + ": '" + e.getPattern() + "'", e);
        }
    }

    /** Addresses in that network. */
    static Predicate<String> network(String text) {
        Network network = Network.of(text);
        return network::holds;
    }

    /** Texts that are as the glob says, in which {@code *} stands for any characters. */
    static Predicate<String> glob(String text) {
        if (!text.contains("*")) {
            return text::equals;
        }
        Pattern pattern = Pattern.compile(
                Stream.of(text.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")), Pattern.DOTALL);
        return value -> pattern.matcher(value).matches();
    }
}
