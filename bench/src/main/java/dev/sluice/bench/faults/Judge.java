package dev.sluice.bench.faults;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Usage;
import dev.sluice.bench.faults.Fault.Seen;
import java.io.IOException;
import java.time.Duration;

/** Looks at what a caller got, and says what it was. */
final class Judge {
    private Judge() {}

    /** Calls once, and checks the answer, that it is one the fault allows, and that the primary was not asked too often. */
    static Verdict oneCall(Case one) throws IOException, InterruptedException {
        Caller call;
        try {
            call = one.call();
        } catch (IOException e) {
            return new Verdict(
                    Seen.FAILED,
                    "no answer at all: " + e,
                    one.tries(),
                    one.timing().limit());
        }
        return judged(one, call, one.tries());
    }

    /** The same for a call that was made. */
    static Verdict judged(Case one, Caller call, int tries) {
        Verdict verdict = look(one, call, tries);
        if (verdict.seen() == Seen.FAILED) {
            return verdict;
        }
        if (!one.fault().may().contains(verdict.seen())) {
            return failed(call, tries, verdict + " in place of " + one.fault().may());
        }
        if (tries > one.fault().mostTries()) {
            return failed(call, tries, "the primary was asked " + tries + " times");
        }
        return verdict;
    }

    private static Verdict look(Case one, Caller call, int tries) {
        if (call.took().compareTo(one.timing().limit()) > 0) {
            return failed(call, tries, "too late");
        }
        if (call.body().contains("127.0.0.1") || call.body().contains("first")) {
            return failed(call, tries, "the answer tells an address or a key");
        }
        JsonNode error = call.error();
        if (error != null) {
            boolean isClean = call.isStream() ? !call.ended() : call.status() >= 400 && call.ended();
            return isClean
                    ? new Verdict(Seen.ERROR, what(call, error), tries, call.took())
                    : failed(call, tries, "an error that does not look like one");
        }
        if (call.status() != 200 || !call.isWhole() || call.isStream() != one.isStreamed()) {
            return failed(call, tries, "not whole, and no error");
        }
        if (!call.text().strip().equals(Voice.TEXT.strip())) {
            return failed(call, tries, "another text");
        }
        Usage usage = call.usage();
        if (usage == null) {
            return failed(call, tries, "no usage");
        }
        return answered(one, call, usage, tries);
    }

    private static String what(Caller call, JsonNode error) {
        String code = call.header("x-sluice-error");
        if (code.isEmpty()) {
            code = error.path("code").asText(error.path("type").asText());
        }
        return call.isStream() ? "an event " + code + ", connection broken" : call.status() + " " + code;
    }

    private static Verdict answered(Case one, Caller call, Usage usage, int tries) {
        String name = call.header("x-sluice-provider");
        String level = call.header("x-sluice-fallback-level");
        if (name.equals("f" + one.name()) && call.model().equals("backup") && level.equals("1")) {
            return usage.input() == 7 && usage.output() == 5
                    ? new Verdict(Seen.RESCUED, call.header("x-sluice-fallback-reason"), tries, call.took())
                    : failed(call, tries, "not the backup's usage: " + usage);
        }
        if (!name.equals("p" + one.name()) || !call.model().equals("m") || !level.equals("0")) {
            return failed(call, tries, "head and model do not agree: " + name + ", level " + level);
        }
        // The backup's last words alone take 5 tokens by its own account.
        return usage.output() > 5
                ? new Verdict(Seen.RESUMED, usage.output() + " tokens in all", tries, call.took())
                : new Verdict(Seen.OWN, "", tries, call.took());
    }

    static Verdict failed(Caller call, int tries, String why) {
        String body = call.body();
        String end = body.length() > 300 ? "…" + body.substring(body.length() - 300) : body;
        return new Verdict(
                Seen.FAILED,
                why + "; status " + call.status() + ", ended " + call.ended() + ", "
                        + call.header("x-sluice-fallback-reason") + ": " + end.replace("\n", "\\n"),
                tries,
                call.took());
    }

    static Verdict took(Seen seen, String detail, int tries, long began) {
        return new Verdict(seen, detail, tries, Duration.ofNanos(System.nanoTime() - began));
    }
}
