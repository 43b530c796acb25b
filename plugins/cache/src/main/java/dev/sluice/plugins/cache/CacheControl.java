package dev.sluice.plugins.cache;

import dev.sluice.api.RequestHead;
import java.util.Locale;

/**
 * What a caller says of the cache.
 *
 * @param noLookup whether nothing is looked up
 * @param noStore whether nothing is stored either
 * @param maxAge the oldest answer that will do, in seconds
 */
record CacheControl(boolean noLookup, boolean noStore, long maxAge) {

    static CacheControl of(RequestHead head) {
        boolean noLookup = false;
        boolean noStore = "on".equalsIgnoreCase(head.headers().get("x-higress-skip-ai-cache"));
        long maxAge = Long.MAX_VALUE;
        for (String line : head.headers().all("cache-control")) {
            for (String part : line.split(",", -1)) {
                String directive = part.strip().toLowerCase(Locale.ROOT);
                if (directive.equals("no-cache")) {
                    noLookup = true;
                } else if (directive.equals("no-store")) {
                    noStore = true;
                } else if (directive.matches("max-age=[0-9]{1,15}")) {
                    maxAge = Long.parseLong(directive.substring("max-age=".length()));
                }
            }
        }
        return new CacheControl(noLookup || noStore || maxAge == 0, noStore, maxAge);
    }
}
