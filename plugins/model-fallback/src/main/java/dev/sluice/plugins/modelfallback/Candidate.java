package dev.sluice.plugins.modelfallback;

import dev.sluice.api.Target;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.TargetConfig;

/**
 * A target that may serve one call.
 *
 * @param target where a try is sent
 * @param says what the config says of it
 */
record Candidate(Target target, TargetConfig says, TargetHealth health) {

    String name() {
        return says.name();
    }
}
