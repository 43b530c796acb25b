package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.ConfigException;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnStoreFailure;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Redis;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pf4j.Extension;

/** {@code token-ratelimit}: how many tokens, requests and requests at once somebody may use. */
@Extension
public final class TokenRatelimit implements FilterPlugin<TokenRatelimitConfig> {
    private static final Duration OUR_PATIENCE = Duration.ofMillis(200);
    private static final Duration HIGRESS_PATIENCE = Duration.ofSeconds(1);

    @Override
    public String name() {
        return "token-ratelimit";
    }

    @Override
    public Class<TokenRatelimitConfig> configType() {
        return TokenRatelimitConfig.class;
    }

    @Override
    public FilterFactory open(TokenRatelimitConfig config, Scope scope) {
        return open(config, scope, System::currentTimeMillis);
    }

    /** As above, with a clock in milliseconds. */
    FilterFactory open(TokenRatelimitConfig config, Scope scope, LongSupplier clock) {
        check(config);
        HigressRules higress = config.isHigress() ? HigressRules.of(config) : null;
        List<Rule> rules = Rules.of(config.rules());
        if (config.redis() != null) {
            sayRedis(config.redis(), scope);
        }
        OnStoreFailure onFailure = config.onStoreFailure() == null
                ? higress == null ? OnStoreFailure.LOCAL : OnStoreFailure.ALLOW
                : config.onStoreFailure();
        Board board = new Board(clock);
        Ledger ledger = scope.own(new Ledger(
                scope, board, onFailure, config.localShare(), config.reservationTtl(), config.maxQueued(), clock));
        AutoCloseable unused = scope.every(Ledger.REST, ledger::flush);
        scope.show("limits", board::tree);
        Limiter limiter = new Limiter(
                rules.stream().filter(rule -> !rule.isOfTry()).toList(),
                rules.stream().filter(Rule::isOfTry).toList(),
                higress,
                ledger,
                new Refusals(config),
                patience(config),
                scope.meters());
        boolean cuts = rules.stream().anyMatch(Rule::cuts);
        return exchange -> cuts ? new CuttingFilter(exchange, limiter) : new LimitFilter(exchange, limiter);
    }

    private static void check(TokenRatelimitConfig config) {
        if (config.isHigress() && !config.rules().isEmpty()) {
            throw new ConfigException(
                    "rules",
                    "they stand beside rule_items or global_threshold, which mean something else (the first that fits"
                            + " counts, nothing is reserved): keep one spelling");
        }
        if (!config.isHigress() && config.rules().isEmpty()) {
            throw new ConfigException(
                    "", "there is nothing to limit: add rules, or Higress's rule_items or global_threshold");
        }
        if (!config.isHigress()) {
            foreign("rule_name", config.ruleName(), "name each of the rules");
            foreign("rejected_code", config.rejectedCode(), "refusals are a 429, or rejectAs: chat");
            foreign("rejected_msg", config.rejectedMsg(), "write message");
            foreign("redis", config.redis(), "write the gateway's own state: { redis: … }");
        } else if (config.message() != null || config.rejectAs() != TokenRatelimitConfig.RejectAs.ERROR) {
            throw new ConfigException(
                    config.message() != null ? "message" : "rejectAs",
                    "Higress's rules answer with rejected_code and rejected_msg: write these, or use 'rules'");
        }
    }

    private static void foreign(String field, @Nullable Object value, String instead) {
        if (value != null) {
            throw new ConfigException("", field + " belongs to Higress's rule_items: " + instead);
        }
    }

    /** The connection is the gateway's: one for all filters. */
    private static void sayRedis(Redis redis, Scope scope) {
        scope.log()
                .warn(
                        "token-ratelimit's own 'redis' block ({}) is not connected to: counts are kept where the gateway's"
                                + " state: { redis: … } says, in memory without it. Remove the block once that names the"
                                + " same Redis",
                        redis.serviceName());
    }

    private static Duration patience(TokenRatelimitConfig config) {
        if (config.storeTimeout() != null) {
            return config.storeTimeout();
        }
        if (!config.isHigress()) {
            return OUR_PATIENCE;
        }
        Redis redis = config.redis();
        return redis == null || redis.timeout() == null ? HIGRESS_PATIENCE : redis.timeout();
    }
}
