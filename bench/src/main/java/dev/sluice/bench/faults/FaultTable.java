package dev.sluice.bench.faults;

import dev.sluice.bench.faults.Fault.Seen;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Plays the battery against the distribution and prints a Markdown table: {@code FaultTable BIN_SLUICE [ID…]}. Ends with
 * status 1 if a case failed.
 */
public final class FaultTable {
    private static final int AT_A_TIME = 16;

    private FaultTable() {}

    /** Plays it. */
    public static void main(String[] args) throws Exception {
        List<String> only = Arrays.asList(args).subList(1, args.length);
        List<Fault> faults = Faults.all().stream()
                .filter(fault -> only.isEmpty() || only.contains(fault.id()))
                .toList();
        Map<Fault, Map<String, Verdict>> rows = new LinkedHashMap<>();
        List<String> failures = new ArrayList<>();
        Timing timing = Boolean.getBoolean("short") ? Timing.SHORT : Timing.FULL;
        try (Battery battery = new Battery(faults, timing, AT_A_TIME);
                Distribution gateway = Distribution.start(Path.of(args[0]), battery.config())) {
            for (Map.Entry<Case, CompletableFuture<Verdict>> one :
                    battery.play(gateway.uri()).entrySet()) {
                Verdict verdict = one.getValue().join();
                Case played = one.getKey();
                rows.computeIfAbsent(played.fault(), fault -> new LinkedHashMap<>())
                        .put(column(played.voice(), played.isStreamed()), verdict);
                if (verdict.seen() == Seen.FAILED) {
                    failures.add(played + ": " + verdict);
                }
            }
        }
        print(rows);
        failures.forEach(System.err::println);
        System.exit(failures.isEmpty() ? 0 : 1);
    }

    private static String column(Voice voice, boolean stream) {
        return (voice == Voice.OPENAI ? "OpenAI" : "Anthropic") + (stream ? ", streamed" : "");
    }

    private static void print(Map<Fault, Map<String, Verdict>> rows) {
        List<String> columns = new ArrayList<>();
        for (Voice voice : Voice.values()) {
            columns.add(column(voice, true));
            columns.add(column(voice, false));
        }
        System.out.println("| # | the provider … | " + String.join(" | ", columns) + " | tries | longest |");
        System.out.println("|---".repeat(columns.size() + 4) + "|");
        int rescued = 0;
        int all = 0;
        for (Map.Entry<Fault, Map<String, Verdict>> row : rows.entrySet()) {
            StringBuilder line = new StringBuilder();
            int tries = 0;
            long longest = 0;
            for (String column : columns) {
                Verdict verdict = row.getValue().get(column);
                line.append(" | ").append(verdict == null ? "–" : cell(verdict));
                if (verdict != null) {
                    tries = Math.max(tries, verdict.tries());
                    longest = Math.max(longest, verdict.took().toMillis());
                    all++;
                    rescued += verdict.seen() == Seen.FAILED ? 0 : 1;
                }
            }
            Fault fault = row.getKey();
            System.out.printf("| %s | %s%s | %d | %.1f s |%n", fault.id(), fault.name(), line, tries, longest / 1000.0);
        }
        System.out.println();
        System.out.println(rescued + " of " + all + " cases as they should be.");
    }

    private static String cell(Verdict verdict) {
        return verdict.seen() == Seen.ERROR
                ? verdict.seen() + ": " + verdict.detail()
                : verdict.seen().toString();
    }
}
