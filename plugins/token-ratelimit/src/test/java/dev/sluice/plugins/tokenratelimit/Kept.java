package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.SharedState;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is kept of a limit of tokens in a sliding window of an hour, read without the plugin.
 *
 * @param used and reserved, in tokens
 */
record Kept(long used, long reserved) {
    private static final Pattern ENTRY = Pattern.compile("([ur])\\d+:(\\d+)");

    static Kept of(SharedState state, String rule, String subject) {
        String text = state.get("{" + rule + "|" + subject + "}ts3600000")
                .toCompletableFuture()
                .join()
                .orElse("");
        long used = 0;
        long reserved = 0;
        Matcher entries = ENTRY.matcher(text);
        while (entries.find()) {
            long amount = Long.parseLong(entries.group(2));
            used += entries.group(1).equals("u") ? amount : 0;
            reserved += entries.group(1).equals("r") ? amount : 0;
        }
        return new Kept(used, reserved);
    }
}
