package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Exchange;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Item;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.LimitKey;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Threshold;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Higress's rules: the first key of the first item that fits counts, in a fixed window that begins with the first charge,
 * and refuses once more than the limit was used.
 */
final class HigressRules {
    private static final String REGEXP = "regexp:";

    private final List<Entry> entries;

    private HigressRules(List<Entry> entries) {
        this.entries = entries;
    }

    /** A rule, and where its value is found; a null source: all requests count together. */
    private record Entry(Rule rule, @Nullable Source source, Predicate<String> values) {}

    /** Where a value is found. */
    private record Source(Fact fact, boolean first) {
        @Nullable
        String value(Exchange exchange) {
            String value = fact.value(exchange, null, null);
            // Of a list of addresses, as proxies write it, the first is the client's.
            return value == null || !first ? value : value.split(",", -1)[0].trim();
        }
    }

    /** A rule that concerns a request, and for whom it counts. */
    record Chosen(Rule rule, Subject subject) {}

    static HigressRules of(TokenRatelimitConfig config) {
        if (config.ruleName() == null) {
            throw new ConfigException("", "rule_name is missing: it tells this limit's counts from those of others");
        }
        Threshold global = config.globalThreshold();
        if (global != null && !config.ruleItems().isEmpty()) {
            throw new ConfigException(
                    "globalThreshold", "it stands beside rule_items: a limit is either for all or by item, keep one");
        }
        List<Entry> entries = new ArrayList<>();
        if (global != null) {
            Limit limit = limit(
                    "globalThreshold",
                    global.tokenPerSecond(),
                    global.tokenPerMinute(),
                    global.tokenPerHour(),
                    global.tokenPerDay());
            entries.add(new Entry(rule(config.ruleName(), "global_threshold", null, limit), null, value -> true));
        }
        for (int i = 0; i < config.ruleItems().size(); i++) {
            entries(
                    config.ruleName(),
                    "ruleItems[" + i + "]",
                    config.ruleItems().get(i),
                    entries);
        }
        return new HigressRules(List.copyOf(entries));
    }

    private static void entries(String name, String path, Item item, List<Entry> entries) {
        Map<String, String> given = new LinkedHashMap<>();
        put(given, "limit_by_header", item.limitByHeader());
        put(given, "limit_by_param", item.limitByParam());
        put(given, "limit_by_consumer", item.limitByConsumer());
        put(given, "limit_by_cookie", item.limitByCookie());
        put(given, "limit_by_per_header", item.limitByPerHeader());
        put(given, "limit_by_per_param", item.limitByPerParam());
        put(given, "limit_by_per_consumer", item.limitByPerConsumer());
        put(given, "limit_by_per_cookie", item.limitByPerCookie());
        put(given, "limit_by_per_ip", item.limitByPerIp());
        if (given.size() != 1) {
            throw new ConfigException(
                    path,
                    given.isEmpty()
                            ? "it does not say by what it limits: give it one limit_by_…"
                            : "it limits by " + String.join(" and by ", given.keySet())
                                    + ": make an item of each, the first that fits counts");
        }
        String type = given.keySet().iterator().next();
        Source source = Rules.located(path + "." + camel(type), () -> source(type, String.valueOf(given.get(type))));
        for (int i = 0; i < item.limitKeys().size(); i++) {
            String at = path + ".limitKeys[" + i + "]";
            LimitKey key = item.limitKeys().get(i);
            Limit limit = limit(at, key.tokenPerSecond(), key.tokenPerMinute(), key.tokenPerHour(), key.tokenPerDay());
            Predicate<String> values = Rules.located(at + ".key", () -> values(type, key.key()));
            entries.add(new Entry(rule(name, type, source.fact(), limit), source, values));
        }
    }

    private static void put(Map<String, String> given, String type, @Nullable String value) {
        if (value != null) {
            given.put(type, value);
        }
    }

    private static String camel(String type) {
        StringBuilder camel = new StringBuilder();
        for (String word : type.split("_", -1)) {
            camel.append(camel.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return camel.toString();
    }

    private static Source source(String type, String name) {
        if (type.equals("limit_by_per_ip")) {
            if (name.equals("from-remote-addr")) {
                return new Source(new Fact(Fact.Kind.IP, ""), false);
            }
            if (name.startsWith("from-header-") && name.length() > "from-header-".length()) {
                return new Source(new Fact(Fact.Kind.HEADER, name.substring("from-header-".length())), true);
            }
            throw new IllegalArgumentException(
                    "'" + name + "' is nowhere to find an address: write from-remote-addr or from-header-<name>");
        }
        String kind = type.substring(type.lastIndexOf('_') + 1);
        if (kind.equals("consumer")) {
            return new Source(new Fact(Fact.Kind.CONSUMER, ""), false);
        }
        if (name.isEmpty()) {
            throw new IllegalArgumentException("it is empty: name the " + kind);
        }
        return new Source(Fact.of(kind + ":" + name), false);
    }

    private static Predicate<String> values(String type, String key) {
        if (type.equals("limit_by_per_ip")) {
            return Texts.network(key);
        }
        if (!type.startsWith("limit_by_per_")) {
            return key::equals;
        }
        if (key.equals("*")) {
            return value -> true;
        }
        if (key.startsWith(REGEXP)) {
            return Texts.regex(key.substring(REGEXP.length()));
        }
        throw new IllegalArgumentException("'" + key + "' is no pattern, which " + type
                + " wants: write '*' or 'regexp:…', or use " + type.replace("per_", ""));
    }

    private static Limit limit(
            String path, @Nullable Long second, @Nullable Long minute, @Nullable Long hour, @Nullable Long day) {
        Map<Duration, Long> given = new LinkedHashMap<>();
        put(given, Duration.ofSeconds(1), second);
        put(given, Duration.ofMinutes(1), minute);
        put(given, Duration.ofHours(1), hour);
        put(given, Duration.ofDays(1), day);
        if (given.size() != 1) {
            throw new ConfigException(
                    path,
                    given.isEmpty()
                            ? "it has no limit: give it one of token_per_second, token_per_minute, token_per_hour and"
                                    + " token_per_day"
                            : "it has several windows: keep one token_per_…, or use 'rules', which all apply");
        }
        Map.Entry<Duration, Long> one = given.entrySet().iterator().next();
        return new Limit(Limit.Currency.TOKENS, "f", one.getValue(), one.getKey(), one.getValue());
    }

    private static void put(Map<Duration, Long> given, Duration window, @Nullable Long amount) {
        if (amount != null) {
            given.put(window, amount);
        }
    }

    private static Rule rule(String name, String type, @Nullable Fact fact, Limit limit) {
        String id = "higress:" + Subject.of(List.of(), List.of(name)).key() + ":" + type;
        return new Rule(
                name,
                fact == null
                        ? id
                        : id + ":" + Subject.of(List.of(), List.of(fact.name())).key(),
                fact == null ? List.of() : List.of(fact),
                List.of(),
                List.of(limit),
                1,
                1,
                1,
                1,
                "over",
                false,
                false,
                false,
                new Learned(0, null));
    }

    List<Rule> rules() {
        return entries.stream().map(Entry::rule).toList();
    }

    /** The rule that counts for a request; null if none does. */
    @Nullable
    Chosen choose(Exchange exchange) {
        for (Entry entry : entries) {
            Source source = entry.source();
            String value = source == null ? "" : source.value(exchange);
            if (value != null
                    && (source == null || !value.isEmpty())
                    && entry.values().test(value)) {
                return new Chosen(
                        entry.rule(), Subject.of(entry.rule().by(), source == null ? List.of() : List.of(value)));
            }
        }
        return null;
    }
}
