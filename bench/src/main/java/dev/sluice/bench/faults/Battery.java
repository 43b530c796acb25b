package dev.sluice.bench.faults;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** All cases: every fault in both dialects, streamed and not, on one gateway, a route for each. */
final class Battery implements AutoCloseable {
    private final List<Case> cases = new ArrayList<>();
    private final ExecutorService threads;

    /** Starts the providers; so many cases are played at a time. */
    Battery(List<Fault> faults, Timing timing, int atATime) throws IOException {
        threads = Executors.newFixedThreadPool(atATime);
        for (Fault fault : faults) {
            for (Voice voice : Voice.values()) {
                for (boolean stream : new boolean[] {true, false}) {
                    Fault.Mode not = stream ? Fault.Mode.WHOLE : Fault.Mode.STREAMS;
                    if (fault.mode() != not) {
                        cases.add(new Case(fault, voice, stream, Integer.toString(cases.size()), timing));
                    }
                }
            }
        }
    }

    /** The gateway's providers and routes. */
    String config() {
        StringBuilder yaml = new StringBuilder("providers:\n");
        cases.forEach(one -> yaml.append(one.providers()));
        yaml.append("routes:\n");
        cases.forEach(one -> yaml.append(one.route()));
        return yaml.toString();
    }

    /** Plays all, some at a time, the first ones first. */
    Map<Case, CompletableFuture<Verdict>> play(URI gateway) {
        Map<Case, CompletableFuture<Verdict>> verdicts = new LinkedHashMap<>();
        for (Case one : cases) {
            one.gateway(gateway);
            verdicts.put(one, CompletableFuture.supplyAsync(() -> played(one), threads));
        }
        return verdicts;
    }

    private static Verdict played(Case one) {
        try {
            return one.fault().script().play(one);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Verdict.failed("interrupted");
        } catch (Exception | AssertionError e) {
            return Verdict.failed("the case itself: " + e);
        }
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        for (Case one : cases) {
            one.close();
        }
    }
}
