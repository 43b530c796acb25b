package dev.sluice.plugins.aiproxy;

import java.net.URI;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where a client's path leads at a provider. */
final class Paths {
    private static final Pattern ENDS_IN_VERSION = Pattern.compile(".*/v[0-9][0-9a-z]*/?");

    private Paths() {}

    /**
     * The path to put behind the endpoint's base: what stands before {@code /v1} belongs to the gateway, and the version
     * is the base's if it has one.
     */
    static String upstream(String path, @Nullable URI base) {
        int version = path.indexOf("/v1/");
        if (version < 0) {
            return path;
        }
        String basePath = base == null || base.getPath() == null ? "" : base.getPath();
        return path.substring(ENDS_IN_VERSION.matcher(basePath).matches() ? version + 3 : version);
    }
}
