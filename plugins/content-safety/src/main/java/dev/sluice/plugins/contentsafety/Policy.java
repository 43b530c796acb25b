package dev.sluice.plugins.contentsafety;

import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is done about which risk, for whom: the first rule that fits, the consumer's own first. Immutable. */
final class Policy {
    private static final List<Rule> DEFAULTS = List.of(
            new Rule("pii", Level.LOW, Action.MASK_AND_RESTORE, null),
            new Rule("*", Level.HIGH, Action.BLOCK, null),
            new Rule("*", Level.LOW, Action.FLAG, null));

    /**
     * One rule.
     *
     * @param risk a type, a family, or {@code *}
     * @param level from here up
     * @param only this way; null: both
     */
    record Rule(
            String risk,
            Level level,
            Action action,
            @Nullable Direction only) {

        boolean fits(Finding finding, Direction direction) {
            return (risk.equals("*") || risk.equals(finding.risk()) || risk.equals(finding.family()))
                    && finding.level().reaches(level)
                    && (only == null || only == direction);
        }
    }

    /** Rules for consumers whose names one of the patterns matches. */
    record Own(List<Pattern> names, List<Rule> rules) {
        boolean fits(String consumer) {
            return names.stream().anyMatch(name -> name.matches(consumer));
        }
    }

    private final List<Own> own;
    private final List<Rule> rules;

    Policy(List<Own> own, List<Rule> rules) {
        this.own = List.copyOf(own);
        List<Rule> all = new ArrayList<>(rules);
        all.addAll(DEFAULTS);
        this.rules = List.copyOf(all);
    }

    Action decide(Finding finding, Direction direction, String consumer) {
        Action action = finding.action() != null ? finding.action() : byRule(finding, direction, consumer);
        // The model's own words hide nothing from the model: there is only what was masked on its way in to be put
        // back.
        return action == Action.MASK_AND_RESTORE && direction == Direction.RESPONSE ? Action.FLAG : action;
    }

    private Action byRule(Finding finding, Direction direction, String consumer) {
        for (Own one : own) {
            if (one.fits(consumer)) {
                for (Rule rule : one.rules) {
                    if (rule.fits(finding, direction)) {
                        return rule.action;
                    }
                }
                break;
            }
        }
        for (Rule rule : rules) {
            if (rule.fits(finding, direction)) {
                return rule.action;
            }
        }
        return Action.PASS;
    }
}
