package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnStoreFailure;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pf4j.Extension;

/** {@code token-ratelimit}: how many tokens, requests and requests at once somebody may use, and what they may spend. */
@Extension
public final class TokenRatelimit implements FilterPlugin<TokenRatelimitConfig> {
    private static final Duration OUR_PATIENCE = Duration.ofMillis(200);
    private static final Duration HIGRESS_PATIENCE = Duration.ofSeconds(1);
    /** Less than a hook may take. */
    private static final Duration ALL_PATIENCE = Duration.ofSeconds(20);

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
        Quota quota = Quotas.of(config, clock);
        Quotas.Admin admin = Quotas.admin(config);
        Board board = new Board(clock);
        Ledger ledger = scope.own(new Ledger(
                scope,
                board,
                onFailure(config),
                config.localShare(),
                config.reservationTtl(),
                config.maxQueued(),
                clock));
        AutoCloseable unused = scope.every(Ledger.REST, ledger::flush);
        Limiter limiter = new Limiter(
                rules.stream().filter(rule -> !rule.isOfTry()).toList(),
                rules.stream().filter(Rule::isOfTry).toList(),
                higress,
                quota,
                ledger,
                new Refusals(config),
                patience(config),
                scope.meters());
        QuotaAdmin quotaAdmin = quota == null ? null : new QuotaAdmin(quota, ledger);
        new AdminPages(limiter, board).open(scope, quotaAdmin);
        boolean cuts = rules.stream().anyMatch(Rule::cuts);
        return exchange -> {
            Filter asked = admin == null || quotaAdmin == null ? null : QuotaFilter.of(exchange, admin, quotaAdmin);
            if (asked != null) {
                return asked;
            }
            return cuts ? new CuttingFilter(exchange, limiter) : new LimitFilter(exchange, limiter);
        };
    }

    private static OnStoreFailure onFailure(TokenRatelimitConfig config) {
        OnStoreFailure wanted = config.onStoreFailure();
        if (wanted == OnStoreFailure.LOCAL && config.isHigressQuota()) {
            throw new ConfigException(
                    "onStoreFailure",
                    "what Higress's ai-quota counts is known to the shared state alone: write deny or allow, or use"
                            + " 'quota', whose amount the config knows");
        }
        if (wanted != null) {
            return wanted;
        }
        return config.isHigressQuota()
                ? OnStoreFailure.DENY
                : config.isHigress() ? OnStoreFailure.ALLOW : OnStoreFailure.LOCAL;
    }

    private static void check(TokenRatelimitConfig config) {
        boolean ours = !config.rules().isEmpty() || config.quota() != null;
        if (config.isHigress() && !config.rules().isEmpty()) {
            throw new ConfigException(
                    "rules",
                    "they stand beside rule_items or global_threshold, which mean something else (the first that fits"
                            + " counts, nothing is reserved): keep one spelling");
        }
        if (config.isHigressQuota() ? ours || config.isHigress() : config.isHigress() && ours) {
            throw new ConfigException(
                    "",
                    "Higress's ai-token-ratelimit, its ai-quota, and 'rules' and 'quota' mean different things: list the"
                            + " filter once for each");
        }
        if (!config.isHigress() && !config.isHigressQuota() && !ours) {
            throw new ConfigException(
                    "",
                    "there is nothing to limit: add rules or quota, or Higress's rule_items, global_threshold or"
                            + " admin_consumer");
        }
        if (!config.isHigress()) {
            foreign("rule_name", config.ruleName(), "name each of the rules");
            foreign("rejected_code", config.rejectedCode(), "refusals are a 429, or rejectAs: chat");
            foreign("rejected_msg", config.rejectedMsg(), "write message");
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

    /** In Higress's spelling the time is that of its {@code redis}, after which the host gives up. */
    private static Duration patience(TokenRatelimitConfig config) {
        if (config.storeTimeout() != null) {
            return config.storeTimeout();
        }
        if (!config.isHigress() && !config.isHigressQuota()) {
            return OUR_PATIENCE;
        }
        return config.redis() == null ? HIGRESS_PATIENCE : ALL_PATIENCE;
    }
}
