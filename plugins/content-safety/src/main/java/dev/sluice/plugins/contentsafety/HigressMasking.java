package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.FinishReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/** Reads Higress's ai-data-masking, and answers as it does. */
final class HigressMasking {
    private static final java.util.regex.Pattern ALIAS = java.util.regex.Pattern.compile("\\$(?:(\\w+)|\\{(\\w+)\\})");

    private HigressMasking() {}

    /**
     * The engines that do what its config says.
     *
     * @throws ConfigException if that cannot be done here
     */
    static List<Inspector.Placed> engines(MaskingConfig config) {
        List<Inspector.Placed> engines = new ArrayList<>();
        if (!config.deny_openai() && config.deny_jsonpath().isEmpty() && !config.deny_raw()) {
            return engines;
        }
        List<String> words = new ArrayList<>(config.deny_words());
        if (config.system_deny()) {
            words.addAll(systemWords());
        }
        if (!words.isEmpty()) {
            engines.add(new Inspector.Placed(
                    new WordsEngine(words, List.of(), "deny-word", Level.HIGH), EnumSet.allOf(Direction.class)));
        }
        List<RegexEngine.Rule> rules = new ArrayList<>();
        for (int i = 0; i < config.replace_roles().size(); i++) {
            rules.add(rule(config.replace_roles().get(i), "replace_roles[" + i + "]"));
        }
        if (!rules.isEmpty()) {
            engines.add(new Inspector.Placed(new RegexEngine(rules), Set.of(Direction.REQUEST)));
        }
        return engines;
    }

    /**
     * What is looked at: chats, or else what the paths lead to, or else all texts.
     *
     * @throws ConfigException for a path that cannot be followed
     */
    static Reach reach(MaskingConfig config) {
        List<TextPath> paths = new ArrayList<>();
        for (int i = 0; i < config.deny_jsonpath().size(); i++) {
            try {
                paths.add(TextPath.jsonPath(config.deny_jsonpath().get(i)));
            } catch (IllegalArgumentException e) {
                throw new ConfigException("deny_jsonpath[" + i + "]", String.valueOf(e.getMessage()));
            }
        }
        List<Reach.Finder> others = !paths.isEmpty()
                ? List.of(root ->
                        paths.stream().flatMap(path -> path.in(root).stream()).toList())
                : config.deny_raw() ? List.of(Reach.ANY) : List.of();
        return new Reach(config.deny_openai(), others, others, others);
    }

    /** Sluice's own list. */
    static List<String> systemWords() {
        try (InputStream in = HigressMasking.class.getResourceAsStream("deny-words.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && line.charAt(0) != '#')
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RegexEngine.Rule rule(MaskingConfig.ReplaceRole role, String path) {
        Pattern pattern;
        try {
            pattern = Grok.compile(role.regex());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(path + ".regex", String.valueOf(e.getMessage()));
        }
        String value = role.value();
        boolean hash = role.type().equals("hash");
        if (hash == (value != null)) {
            throw new ConfigException(
                    path + ".value",
                    hash
                            ? "a role of the type 'hash' has none: leave it out, or write type: replace"
                            : "says what replaces a match, and is missing");
        }
        Function<Matcher, String> mask =
                hash ? match -> sha256(match.group()) : filled(String.valueOf(value), pattern, path);
        return new RegexEngine.Rule(
                pattern, "masked", Level.MEDIUM, mask, role.restore() ? Action.MASK_AND_RESTORE : Action.MASK);
    }

    private static Function<Matcher, String> filled(String value, Pattern pattern, String path) {
        java.util.regex.Matcher aliases = ALIAS.matcher(value);
        while (aliases.find()) {
            String name = aliases.group(1) != null ? aliases.group(1) : aliases.group(2);
            boolean known = name.matches("\\d{1,2}")
                    ? Integer.parseInt(name) <= pattern.groupCount()
                    : pattern.namedGroups().containsKey(name);
            if (!known) {
                throw new ConfigException(
                        path + ".value",
                        "'$" + name + "' is no group of the regex: name one in it, as in %{IP:" + name + "}");
            }
        }
        return match -> ALIAS.matcher(value).replaceAll(alias -> {
            String name = alias.group(1) != null ? alias.group(1) : alias.group(2);
            String group = name.matches("\\d{1,2}") ? match.group(Integer.parseInt(name)) : match.group(name);
            return java.util.regex.Matcher.quoteReplacement(group == null ? "" : group);
        });
    }

    static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Refuses as Higress does: an assistant's message with {@code deny_code}. */
    record Denial(MaskingConfig config) implements Refusal {

        @Override
        public Reply request(Exchange exchange, boolean stream, List<Finding> findings) {
            if (exchange.dialect() == Dialect.NONE || isNoChat(exchange)) {
                return Reply.bytes(
                        config.deny_code(),
                        config.deny_content_type(),
                        config.deny_raw_message().getBytes(StandardCharsets.UTF_8));
            }
            return stream && config.deny_code() == 200
                    ? Reply.stream(stream(exchange, findings))
                    : Reply.json(config.deny_code(), whole(exchange));
        }

        private static boolean isNoChat(Exchange exchange) {
            return exchange.operation() != Operation.CHAT;
        }

        private ObjectNode whole(Exchange exchange) {
            if (exchange.dialect() != Dialect.OPENAI) {
                return Chats.reply(exchange, config.deny_message());
            }
            ObjectNode tree = JsonNodeFactory.instance.objectNode();
            ObjectNode choice = tree.putArray("choices").addObject().put("index", 0);
            choice.putObject("message").put("role", "assistant").put("content", config.deny_message());
            tree.putObject("usage");
            return tree;
        }

        @Override
        public Reply answer(Exchange exchange, List<Finding> findings) {
            return Reply.json(200, whole(exchange));
        }

        @Override
        public List<Event> stream(Exchange exchange, List<Finding> findings) {
            if (exchange.dialect() != Dialect.OPENAI) {
                return Chats.events(
                        exchange.dialect(),
                        Chats.Answer.of(exchange.id(), config.deny_message()).finish(FinishReason.STOP));
            }
            ObjectNode tree = JsonNodeFactory.instance.objectNode();
            ObjectNode choice = tree.putArray("choices").addObject().put("index", 0);
            choice.putObject("delta").put("role", "assistant").put("content", config.deny_message());
            tree.putObject("usage");
            return List.of(Event.json(tree));
        }

        @Override
        public ObjectNode lastDelta(List<Finding> findings) {
            return JsonNodeFactory.instance.objectNode().put("content", config.deny_message());
        }

        @Override
        public String lastText(List<Finding> findings) {
            return config.deny_message();
        }

        @Override
        public String finishReason() {
            return "stop";
        }
    }
}
