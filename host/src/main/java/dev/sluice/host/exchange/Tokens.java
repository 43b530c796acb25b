package dev.sluice.host.exchange;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import java.util.concurrent.CompletableFuture;

/**
 * Counts tokens by a common encoding. Cheap for any input: of long or hostile texts only samples are encoded, the rest is
 * extrapolated, since one unbroken run of letters costs the encoder quadratic time. Thread-safe.
 */
final class Tokens {
    private static final int WHOLE_UP_TO = 8 * 1024;
    private static final int SAMPLES = 8;
    private static final int LONGEST_RUN = 512;

    /** Loading takes a good part of a second and tens of MB: once, with the first gateway of the process, off the event loops. */
    private static final CompletableFuture<Encoding> ENCODING = CompletableFuture.supplyAsync(
            () -> Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE));

    int count(String text) {
        Encoding o200k = ENCODING.getNow(null);
        if (o200k == null) {
            return text.length() / 4 + 1;
        }
        if (text.length() <= WHOLE_UP_TO && longestRun(text) <= LONGEST_RUN) {
            return o200k.countTokensOrdinary(text);
        }
        long tokens = 0;
        long seen = 0;
        int step = Math.max(1, (text.length() - LONGEST_RUN) / SAMPLES);
        for (int i = 0; i < SAMPLES; i++) {
            int from = Math.min(i * step, Math.max(0, text.length() - 1));
            int to = Math.min(text.length(), from + LONGEST_RUN);
            tokens += o200k.countTokensOrdinary(text.substring(from, to));
            seen += to - from;
        }
        return (int) Math.min(Integer.MAX_VALUE, Math.max(1, tokens * text.length() / Math.max(1, seen)));
    }

    private static int longestRun(String text) {
        int longest = 0;
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            run = Character.isWhitespace(text.charAt(i)) ? 0 : run + 1;
            longest = Math.max(longest, run);
        }
        return longest;
    }
}
