package dev.sluice.plugins.contentsafety;

import dev.sluice.api.Exchange;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.PiiKind;
import dev.sluice.testkit.FakeScope;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Filters for unit tests, put together without a config. */
final class Guards {
    private static final Set<Direction> BOTH = EnumSet.allOf(Direction.class);
    static final String REFUSED = "refused";

    final FakeScope scope;
    private final List<Inspector.Placed> engines;
    private final List<Policy.Rule> rules;
    private StreamGuard.Cut cut = new StreamGuard.Cut(40, 20, Duration.ofMillis(300));
    private boolean allow;
    private boolean asAnswer;
    private boolean answers = true;
    private Settings.Chosen chosen = Settings.Chosen.CONVERSATION;

    private Guards(FakeScope scope, List<Inspector.Placed> engines, List<Policy.Rule> rules) {
        this.scope = scope;
        this.engines = engines;
        this.rules = rules;
    }

    static Guards of(Engine... engines) {
        return new Guards(
                new FakeScope(),
                List.of(engines).stream()
                        .map(engine -> new Inspector.Placed(engine, BOTH))
                        .toList(),
                List.of());
    }

    Guards rules(Policy.Rule... more) {
        Guards made = new Guards(scope, engines, List.of(more));
        made.cut = cut;
        return made;
    }

    Guards cut(int window, int overlap) {
        cut = new StreamGuard.Cut(window, overlap, Duration.ofMillis(300));
        return this;
    }

    Guards allowOnFailure() {
        allow = true;
        return this;
    }

    Guards requestsOnly() {
        answers = false;
        return this;
    }

    Guards asAnswer() {
        asAnswer = true;
        return this;
    }

    Guards chosen(Settings.Chosen which) {
        chosen = which;
        return this;
    }

    SafetyFilter filter(Exchange exchange) {
        SafetyMeters meters = new SafetyMeters(scope);
        Inspector.Way way = new Inspector.Way(allow, Duration.ofSeconds(2));
        Inspector inspector = new Inspector(
                engines,
                Map.of(Direction.REQUEST, way, Direction.RESPONSE, way),
                new Policy(List.of(), rules),
                meters,
                scope);
        return new SafetyFilter(
                exchange,
                new Settings(
                        inspector,
                        meters,
                        new OwnRefusal(REFUSED, asAnswer),
                        cut,
                        true,
                        answers,
                        Reach.SHAPES,
                        chosen,
                        false));
    }

    double counted(String meter, String... tags) {
        return scope.meters().find(meter).tags(tags).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    static WordsEngine words(String... words) {
        return new WordsEngine(List.of(words), List.of(), "deny-word", Level.HIGH);
    }

    static PiiEngine pii() {
        return new PiiEngine(EnumSet.allOf(PiiKind.class), List.of("CN", "US", "GB", "DE", "FR"));
    }
}
