package dev.sluice.plugins.contentsafety;

import dev.sluice.api.Exchange;
import dev.sluice.api.Key;
import dev.sluice.api.Scope;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Counts what was found and what went wrong. Safe for all threads. */
final class SafetyMeters {
    /** Consumers may be issued without end: beyond so many names they are counted together. */
    private static final int NAMES = 1000;

    private static final String OTHER = "other";

    private final Scope scope;
    private final Set<String> consumers = ConcurrentHashMap.newKeySet();
    private final Set<String> risks = ConcurrentHashMap.newKeySet();

    SafetyMeters(Scope scope) {
        this.scope = scope;
    }

    static String consumer(Exchange exchange) {
        String name = exchange.get(Key.CONSUMER);
        return name == null ? "" : name;
    }

    void found(Exchange exchange, Direction direction, Finding finding) {
        Action action = finding.action();
        scope.meters()
                .counter(
                        "sluice_content_safety_findings_total",
                        "route",
                        exchange.route(),
                        "direction",
                        direction.word(),
                        "risk",
                        bounded(risks, finding.risk()),
                        "level",
                        word(finding.level()),
                        "action",
                        action == null ? "" : word(action),
                        "consumer",
                        bounded(consumers, consumer(exchange)))
                .increment();
    }

    void failed(Exchange exchange, Direction direction, String engine, boolean blocked) {
        scope.meters()
                .counter(
                        "sluice_content_safety_engine_failures_total",
                        "route",
                        exchange.route(),
                        "direction",
                        direction.word(),
                        "engine",
                        engine,
                        "decision",
                        blocked ? "block" : "allow")
                .increment();
    }

    private static String bounded(Set<String> known, String name) {
        if (known.contains(name)) {
            return name;
        }
        if (known.size() >= NAMES) {
            return OTHER;
        }
        known.add(name);
        return name;
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
