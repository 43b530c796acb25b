package dev.sluice.plugins.modelfallback;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Failure;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Triggers;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Which failures lead to another try. Immutable. */
final class Trigger {
    private static final Pattern STATUS = Pattern.compile("[1-5]([0-9][0-9]|[0-9]x|xx)");

    private final Triggers says;
    private final List<String> statuses;
    private final Set<String> codes;

    Trigger(Triggers says) {
        this.says = says;
        this.statuses = says.statuses();
        this.codes = Set.copyOf(says.codes());
        for (int i = 0; i < statuses.size(); i++) {
            check(statuses.get(i), "triggers.statuses[" + i + "]");
        }
        boolean any = Arrays.stream(Kind.values()).anyMatch(kind -> kind.isOn(says));
        if (!any && statuses.isEmpty() && codes.isEmpty()) {
            throw new ConfigException(
                    "triggers", "all are off, so that nothing is ever rescued: leave one on, or remove the filter");
        }
    }

    private static void check(String pattern, String path) {
        if (!STATUS.matcher(pattern).matches()) {
            throw new ConfigException(
                    path, "'" + pattern + "' is no pattern of a status: write one like 404, 50x or 5xx");
        }
        if (pattern.charAt(0) < '4') {
            throw new ConfigException(
                    path, "'" + pattern + "' would take good answers for failures: only 4xx and 5xx are errors");
        }
    }

    boolean firedBy(Failure failure, Kind kind) {
        return kind.isOn(says)
                || codes.contains(failure.code())
                || statuses.stream().anyMatch(pattern -> fits(pattern, failure.status()));
    }

    private static boolean fits(String pattern, int status) {
        String digits = Integer.toString(status);
        if (digits.length() != pattern.length()) {
            return false;
        }
        for (int i = 0; i < pattern.length(); i++) {
            if (pattern.charAt(i) != 'x' && pattern.charAt(i) != digits.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
