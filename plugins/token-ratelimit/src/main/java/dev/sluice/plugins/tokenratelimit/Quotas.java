package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.ConfigException;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Period;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Weights;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Makes a quota of {@code quota:}, or of Higress's config. */
final class Quotas {
    private static final String HIGRESS_PREFIX = "chat_quota:";
    private static final String ADMIN_PATH = "/quota";

    private Quotas() {}

    /** Who may administer a quota on the data port, and where. */
    record Admin(String consumer, String path) {}

    /** Null if the config has none. */
    static @Nullable Quota of(TokenRatelimitConfig config, LongSupplier clock) {
        if (config.isHigressQuota()) {
            return higress(config, clock);
        }
        TokenRatelimitConfig.Quota written = config.quota();
        return written == null ? null : ours(written, clock);
    }

    /** Null if nobody may. */
    static @Nullable Admin admin(TokenRatelimitConfig config) {
        TokenRatelimitConfig.Quota written = config.quota();
        String consumer = written == null ? config.adminConsumer() : written.adminConsumer();
        String path = written == null ? config.adminPath() : written.adminPath();
        if (consumer == null) {
            if (path != null) {
                throw new ConfigException(
                        written == null ? "adminPath" : "quota.adminPath",
                        "nobody may use it: add adminConsumer, who may, or remove it");
            }
            return null;
        }
        return new Admin(consumer, path == null ? ADMIN_PATH : path);
    }

    private static Quota ours(TokenRatelimitConfig.Quota written, LongSupplier clock) {
        boolean money = written.money() != null;
        if (money == (written.tokens() != null)) {
            throw new ConfigException(
                    "quota",
                    money ? "it has both tokens and money: keep one" : "it has no amount: add tokens or money");
        }
        Prices prices = new Prices(written.prices());
        if (money && prices.isEmpty()) {
            throw new ConfigException(
                    "quota", "a quota of money needs to know what tokens cost: add prices, as ai-statistics has them");
        }
        if (!money && !prices.isEmpty()) {
            throw new ConfigException("quota.prices", "a quota of tokens asks for no price: remove them");
        }
        Weights weights = written.weights();
        if (money && weights != null) {
            throw new ConfigException("quota.weights", "with money the prices tell what a token counts: remove them");
        }
        String currency = money ? Objects.requireNonNullElse(written.currency(), "USD") : null;
        if (!money && written.currency() != null) {
            throw new ConfigException("quota.currency", "a quota of tokens has no currency: remove it");
        }
        Budget unit = currency == null ? Budget.ofTokens("", 0, "") : Budget.ofMoney("", 0, "", currency);
        Map<String, Long> consumers = new HashMap<>();
        written.consumers()
                .forEach((name, amount) -> consumers.put(name, amount("quota.consumers." + name, unit, amount)));
        long amount = amount(money ? "quota.money" : "quota.tokens", unit, money ? written.money() : written.tokens());
        double input = weights == null ? 1 : weights.input();
        return new Quota(
                written.name(),
                "quota:" + written.name(),
                written.period(),
                zone(written.timeZone()),
                amount,
                Map.copyOf(consumers),
                currency,
                prices,
                input,
                weights == null ? 1 : weights.output(),
                weights == null || weights.cachedInput() == null ? input : weights.cachedInput(),
                "strict",
                true,
                written.shadow(),
                new Learned(written.assumeOutput(), written.assumeMost()),
                clock);
    }

    /** What administrators have given, until it is used; nothing is reserved. */
    private static Quota higress(TokenRatelimitConfig config, LongSupplier clock) {
        if (config.adminConsumer() == null) {
            throw new ConfigException(
                    "",
                    "admin_consumer is missing, who alone may give out what Higress's ai-quota counts: add it, or write"
                            + " quota: { tokens: …, period: … }");
        }
        String prefix = Objects.requireNonNullElse(config.redisKeyPrefix(), HIGRESS_PREFIX);
        return new Quota(
                "ai-quota",
                "ai-quota:" + prefix,
                Period.EVER,
                ZoneOffset.UTC,
                0,
                Map.of(),
                null,
                new Prices(Map.of()),
                1,
                1,
                1,
                "left",
                false,
                false,
                new Learned(0, null),
                clock);
    }

    private static long amount(String path, Budget unit, @Nullable BigDecimal written) {
        BigDecimal amount = Objects.requireNonNull(written, path);
        try {
            long exact = unit.amount(amount);
            if (amount.compareTo(QuotaAdmin.most(unit)) <= 0) {
                return exact;
            }
        } catch (ArithmeticException e) {
            throw new ConfigException(
                    path,
                    unit.digits() == 0
                            ? "tokens are counted whole: write " + amount.toBigInteger()
                            : "no more than " + unit.digits() + " decimal places are counted: leave out the rest");
        }
        throw new ConfigException(
                path, "expected at most " + QuotaAdmin.most(unit).toPlainString());
    }

    private static ZoneId zone(String name) {
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            throw new ConfigException(
                    "quota.timeZone", "'" + name + "' is no time zone: write one like UTC, Europe/Berlin or +08:00");
        }
    }
}
