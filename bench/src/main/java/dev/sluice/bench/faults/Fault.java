package dev.sluice.bench.faults;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenHttp2Upstream;
import dev.sluice.testkit.Received;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * One way in which a provider misbehaves, and what the caller may see of it. Immutable: each method gives a changed one.
 */
record Fault(
        String id,
        String name,
        Mode mode,
        Place place,
        BrokenHttp2Upstream.Ending http2,
        Function<Ask, Answer> primary,
        Function<Ask, Answer> backup,
        Script script,
        int keys,
        String filter,
        String target,
        Set<Seen> may,
        int mostTries) {

    /** Which calls meet it. */
    enum Mode {
        BOTH,
        STREAMS,
        WHOLE
    }

    /** Where the primary is. */
    enum Place {
        SOCKET,
        /** Nobody listens. */
        REFUSES,
        /** A name that no server knows. */
        UNRESOLVED,
        /** It takes a TLS connection and speaks no TLS. */
        NO_TLS,
        /** It takes a TLS connection and says nothing. */
        SILENT_TLS,
        /** Its certificate has expired. */
        EXPIRED_TLS,
        HTTP2
    }

    /** What the caller sees. */
    enum Seen {
        /** A whole answer of the primary's own. */
        OWN("answered by the primary"),
        /** A whole answer of the backup's. */
        RESCUED("rescued"),
        /** A whole answer that the primary began and the backup ended. */
        RESUMED("rescued, resumed"),
        /** One error in the client's dialect, nothing that looks like an answer. */
        ERROR("clean error"),
        /** No answer, for the caller did not wait for it; the primary is no longer kept busy. */
        LET_GO("let go"),
        FAILED("FAILED");

        private final String text;

        Seen(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * One request at a provider.
     *
     * @param number which of this case it is, from 1; probes do not count
     */
    record Ask(Voice voice, Received request, int number, Timing timing) {
        boolean stream() {
            return request.json().path("stream").asBoolean();
        }

        String key() {
            String bearer = request.headers().get("authorization");
            String key = bearer == null ? request.headers().get("x-api-key") : bearer.replace("Bearer ", "");
            return key == null ? "" : key;
        }
    }

    /** How the case is played. */
    interface Script {
        Verdict play(Case one) throws Exception;
    }

    static Fault fault(String id, String name, Mode mode, Function<Ask, Answer> primary) {
        return new Fault(
                id,
                name,
                mode,
                Place.SOCKET,
                BrokenHttp2Upstream.Ending.WELL,
                primary,
                Faults::goesOn,
                Judge::oneCall,
                2,
                "",
                "",
                EnumSet.of(Seen.RESCUED),
                2);
    }

    Fault at(Place where) {
        return new Fault(id, name, mode, where, http2, primary, backup, script, keys, filter, target, may, mostTries);
    }

    Fault http2(BrokenHttp2Upstream.Ending ending) {
        return new Fault(
                id, name, mode, Place.HTTP2, ending, primary, backup, script, keys, filter, target, may, mostTries);
    }

    Fault backup(Function<Ask, Answer> answers) {
        return new Fault(id, name, mode, place, http2, primary, answers, script, keys, filter, target, may, mostTries);
    }

    Fault script(Script how) {
        return new Fault(id, name, mode, place, http2, primary, backup, how, keys, filter, target, may, mostTries);
    }

    Fault keys(int count) {
        return new Fault(id, name, mode, place, http2, primary, backup, script, count, filter, target, may, mostTries);
    }

    /** Further settings of model-fallback, and of its target, each with a comma before it. */
    Fault settings(String ofFilter, String ofTarget) {
        return new Fault(
                id, name, mode, place, http2, primary, backup, script, keys, ofFilter, ofTarget, may, mostTries);
    }

    Fault may(Seen first, Seen... others) {
        return new Fault(
                id,
                name,
                mode,
                place,
                http2,
                primary,
                backup,
                script,
                keys,
                filter,
                target,
                EnumSet.of(first, others),
                mostTries);
    }

    /** The most requests that the primary may get by one call. */
    Fault tries(int most) {
        return new Fault(id, name, mode, place, http2, primary, backup, script, keys, filter, target, may, most);
    }

    @Override
    public String toString() {
        return id + " " + name;
    }
}
