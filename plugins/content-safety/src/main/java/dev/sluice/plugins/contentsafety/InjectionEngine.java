package dev.sluice.plugins.contentsafety;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.ahocorasick.trie.Emit;
import org.ahocorasick.trie.Trie;

/**
 * Attempts to talk a model out of its instructions, by rules over the text in one case and alphabet. Tuned not to cry wolf:
 * a rule wants the deed and its object, since a sentence about prompt injection is none.
 */
final class InjectionEngine implements Engine.Local {
    /** No match is longer; what stands farther from a stem than this is not looked at. */
    private static final int REACH = 200;

    private record Rule(Level level, Pattern pattern) {}

    private record Stretch(int from, int to) {}

    private final Map<String, List<Rule>> byStem = new LinkedHashMap<>();
    private final Trie stems;

    InjectionEngine() {
        read();
        stems = Trie.builder().addKeywords(byStem.keySet()).build();
    }

    private void read() {
        try (InputStream in = InjectionEngine.class.getResourceAsStream("injection-rules.txt")) {
            new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && line.charAt(0) != '#')
                    .forEach(this::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(String line) {
        String[] columns = line.split(" ", 3);
        Level level = Level.valueOf(columns[0].toUpperCase(Locale.ROOT));
        Rule rule = new Rule(level, Pattern.compile(folded(columns[2])));
        for (String stem : columns[1].split(",", -1)) {
            byStem.computeIfAbsent(folded(stem.replace('_', ' ')), key -> new ArrayList<>())
                    .add(rule);
        }
    }

    /** What is matched has been folded, so that what is written in the rules must be, too; classes such as \S must not. */
    private static String folded(String written) {
        StringBuilder out = new StringBuilder();
        written.codePoints()
                .forEach(c -> out.append(
                        c < 0x80
                                ? Character.toString(c)
                                : Text.of(Character.toString(c)).folded()));
        return out.toString();
    }

    @Override
    public String name() {
        return "injection";
    }

    @Override
    public List<Finding> find(Text text) {
        String folded = text.folded();
        Map<Rule, List<Stretch>> stretches = new LinkedHashMap<>();
        for (Emit stem : stems.parseText(folded)) {
            int from = Math.max(0, stem.getStart() - REACH);
            int to = Math.min(folded.length(), stem.getEnd() + 1 + REACH);
            for (Rule rule : byStem.getOrDefault(stem.getKeyword(), List.of())) {
                add(stretches.computeIfAbsent(rule, key -> new ArrayList<>()), new Stretch(from, to));
            }
        }
        List<Finding> found = new ArrayList<>();
        stretches.forEach((rule, those) -> those.forEach(one -> look(rule, folded, one, text, found)));
        return found;
    }

    /** Stems come in the order of their ends: what touches the last stretch becomes part of it. */
    private static void add(List<Stretch> stretches, Stretch more) {
        Stretch last = stretches.isEmpty() ? null : stretches.get(stretches.size() - 1);
        if (last != null && more.from <= last.to) {
            stretches.set(
                    stretches.size() - 1, new Stretch(Math.min(last.from, more.from), Math.max(last.to, more.to)));
        } else {
            stretches.add(more);
        }
    }

    private static void look(Rule rule, String folded, Stretch where, Text text, List<Finding> found) {
        Matcher matcher = rule.pattern.matcher(folded.substring(where.from, where.to));
        while (matcher.find()) {
            found.add(text.back(Finding.at(
                    where.from + matcher.start(),
                    where.from + matcher.end(),
                    "prompt-injection",
                    "injection",
                    rule.level)));
        }
    }
}
