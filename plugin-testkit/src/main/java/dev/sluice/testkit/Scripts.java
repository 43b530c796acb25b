package dev.sluice.testkit;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/** Runs scripts over random sequences of calls. A sequence is the same whenever its seed is. */
public final class Scripts {
    private Scripts() {}

    /** One run of a script. */
    public record Call(List<String> keys, List<String> args) {

        /** Copies of these lists. */
        public Call {
            keys = List.copyOf(keys);
            args = List.copyOf(args);
        }
    }

    /**
     * Runs the script over a random sequence on two states and compares what it returns and what it leaves under its
     * keys, call by call. Both must be empty and see the same time, such as {@link FakeScope#shared()} in memory and {@link
     * TestRedis#state(FakeClock)} on Redis, both by one clock.
     *
     * @param next makes the next call from the sequence's own random numbers; may advance a clock that both states see
     * @throws AssertionError at the first difference, telling the seed, the call and both results
     */
    public static void assertAgree(
            Script script, SharedState a, SharedState b, long seed, int calls, Function<Random, Call> next) {
        Random random = new Random(seed);
        for (int i = 0; i < calls; i++) {
            Call call = next.apply(random);
            String where = "script '" + script.name() + "', seed " + seed + ", call " + i + " " + call;
            same(where + " returns", run(script, a, call), run(script, b, call));
            for (String key : call.keys()) {
                same(where + " leaves under '" + key + "'", get(a, key), get(b, key));
            }
        }
    }

    /** Runs the script over a random sequence on one state and gives what it returned, call by call. */
    public static List<List<String>> run(
            Script script, SharedState state, long seed, int calls, Function<Random, Call> next) {
        Random random = new Random(seed);
        List<List<String>> results = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            results.add(run(script, state, next.apply(random)));
        }
        return results;
    }

    private static List<String> run(Script script, SharedState state, Call call) {
        return ClockedState.await(state.run(script, call.keys(), call.args()));
    }

    private static Optional<String> get(SharedState state, String key) {
        return ClockedState.await(state.get(key));
    }

    private static void same(String what, Object a, Object b) {
        if (!a.equals(b)) {
            throw new AssertionError(what + " " + a + " on the one state and " + b + " on the other");
        }
    }
}
