package dev.sluice.plugins.modelfallback;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Exchange;
import dev.sluice.api.Key;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Match;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Scenario;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Strategy;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.TargetConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The chains of a config, and which of them a call takes. Checked when made. Immutable. */
final class Chains {

    /**
     * One chain.
     *
     * @param scenario empty: the one for all calls that no scenario is for
     */
    record Chain(String scenario, Strategy strategy, List<TargetConfig> targets) {}

    private record Choice(Match match, Chain chain) {}

    private final ModelFallbackConfig config;
    private final List<Choice> choices = new ArrayList<>();
    private final Chain otherwise;

    Chains(ModelFallbackConfig config) {
        this.config = config;
        if (config.targets().isEmpty() && config.scenarios().isEmpty()) {
            throw new ConfigException("targets", "there is nothing to fall back to: name at least one target");
        }
        this.otherwise = new Chain("", config.strategy(), config.targets());
        check("targets", otherwise);
        Map<String, Integer> names = new HashMap<>();
        for (int i = 0; i < config.scenarios().size(); i++) {
            Scenario scenario = config.scenarios().get(i);
            String path = "scenarios[" + i + "]";
            Integer same = names.putIfAbsent(scenario.name(), i);
            if (same != null) {
                throw new ConfigException(
                        path + ".name", "'" + scenario.name() + "' is the name of scenarios[" + same + "] too");
            }
            reachable(scenario.match(), path);
            Strategy own = scenario.strategy();
            Chain chain = new Chain(scenario.name(), own == null ? config.strategy() : own, scenario.targets());
            check(path + ".targets", chain);
            choices.add(new Choice(scenario.match(), chain));
        }
        useful("budgetPerRequest", config.budgetPerRequest(), Strategy.COST);
        useful("maxLatency", config.maxLatency(), Strategy.LATENCY);
    }

    private void reachable(Match match, String path) {
        for (int i = 0; i < choices.size(); i++) {
            if (covers(choices.get(i).match, match)) {
                throw new ConfigException(
                        path,
                        "never chosen: scenarios[" + i + "] takes all that it is for; put it before that one, or"
                                + " narrow that one");
            }
        }
    }

    private static boolean covers(Match earlier, Match later) {
        if (earlier.isEmpty()) {
            return true;
        }
        boolean headers = earlier.headers().entrySet().stream().allMatch(header -> {
            String value = later.headers().get(header.getKey());
            return value != null && Globs.covers(header.getValue(), value);
        });
        boolean consumers = earlier.consumer().isEmpty()
                || (!later.consumer().isEmpty() && earlier.consumer().containsAll(later.consumer()));
        boolean models = earlier.model().isEmpty()
                || (!later.model().isEmpty()
                        && later.model().stream()
                                .allMatch(one -> earlier.model().stream().anyMatch(glob -> Globs.covers(glob, one))));
        return headers && consumers && models;
    }

    private void check(String path, Chain chain) {
        Map<String, Integer> seen = new HashMap<>();
        List<TargetConfig> targets = chain.targets();
        for (int i = 0; i < targets.size(); i++) {
            TargetConfig target = targets.get(i);
            String at = path + "[" + i + "]";
            Integer same = seen.putIfAbsent(target.name(), i);
            if (same != null) {
                throw new ConfigException(
                        at,
                        "the chain would come back to " + target.name() + ", which is " + path + "[" + same
                                + "]: remove one of the two");
            }
            check(at, target, chain.strategy());
        }
        if (chain.strategy() == Strategy.WEIGHTED
                && !targets.isEmpty()
                && targets.stream().allMatch(target -> target.weighs() == 0)) {
            throw new ConfigException(path, "all weights are 0, so that none could be drawn: give one a weight");
        }
    }

    private void check(String at, TargetConfig target, Strategy strategy) {
        if (strategy == Strategy.COST && target.pricePer1k() == null) {
            throw new ConfigException(
                    at + ".pricePer1k", "strategy 'cost' compares prices: say what a thousand tokens cost");
        }
        useful(at + ".weight", target.weight(), strategy, Strategy.WEIGHTED);
        useful(at + ".maxLatency", target.maxLatency(), strategy, Strategy.LATENCY);
        within(at + ".firstEventTimeout", target.firstEventTimeout());
        within(at + ".idleTimeout", target.idleTimeout());
        within(at + ".answerTimeout", target.answerTimeout());
    }

    /** A limit that no try can reach. */
    private void within(String path, @Nullable Duration limit) {
        Duration total = config.totalTimeout();
        if (limit != null && total != null && limit.compareTo(total) > 0) {
            throw new ConfigException(
                    path, "can never be reached: totalTimeout ends all tries after " + total.toMillis() + " ms");
        }
    }

    private void useful(String path, @Nullable Object value, Strategy needed) {
        boolean used = otherwise.strategy() == needed
                || choices.stream().anyMatch(choice -> choice.chain().strategy() == needed);
        useful(path, value, used ? needed : Strategy.PRIORITY, needed);
    }

    private static void useful(String path, @Nullable Object value, Strategy strategy, Strategy needed) {
        if (value != null && strategy != needed) {
            String word = needed.name().toLowerCase(java.util.Locale.ROOT);
            throw new ConfigException(path, "does nothing without 'strategy: " + word + "': set it, or remove this");
        }
    }

    /** Every target of every chain. */
    Stream<TargetConfig> targets() {
        return Stream.concat(Stream.of(otherwise), choices.stream().map(Choice::chain))
                .flatMap(chain -> chain.targets().stream());
    }

    /**
     * The chain for a call.
     *
     * @param model null: it names none
     */
    Chain choose(Exchange exchange, @Nullable String model) {
        for (Choice choice : choices) {
            if (fits(choice.match, exchange, model)) {
                return choice.chain;
            }
        }
        return otherwise;
    }

    private static boolean fits(Match match, Exchange exchange, @Nullable String model) {
        if (!match.consumer().isEmpty()) {
            String consumer = exchange.get(Key.CONSUMER);
            if (consumer == null || !match.consumer().contains(consumer)) {
                return false;
            }
        }
        if (!match.model().isEmpty()
                && (model == null || match.model().stream().noneMatch(glob -> Globs.matches(glob, model)))) {
            return false;
        }
        return match.headers().entrySet().stream().allMatch(header -> {
            String value = exchange.request().headers().get(header.getKey());
            return value != null && Globs.matches(header.getValue(), value);
        });
    }
}
