package dev.sluice.bench.faults;

import dev.sluice.bench.faults.Fault.Seen;
import dev.sluice.testkit.Received;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** The cases that are more than one call whose answer is read. */
final class Scripts {
    /** A client's answer may wait in the gateway and in four socket buffers, but no more of it. */
    private static final long BOUND = 24L << 20;

    private static final Duration SOON = Duration.ofSeconds(2);
    private static final int MEGABYTES_10 = 10 << 20;

    private Scripts() {}

    /** The call is rescued, and the next goes to the primary again. */
    static Verdict healthyAfterwards(Case one) throws Exception {
        Verdict rescued = Judge.oneCall(one);
        if (rescued.seen() == Seen.FAILED) {
            return rescued;
        }
        Caller next = one.call();
        boolean own = next.isWhole() && next.header("x-sluice-fallback-level").equals("0");
        return own ? rescued : Judge.failed(next, one.tries(), "not healthy afterwards");
    }

    /** Twenty calls, each of which is answered as the first one is. */
    static Verdict inARow(Case one) throws Exception {
        Verdict verdict = Judge.oneCall(one);
        for (int i = 1; i < 20 && verdict.seen() == Seen.OWN; i++) {
            verdict = Judge.oneCall(one);
        }
        return verdict;
    }

    /** Calls all the while: each is answered, few reach the primary, and it is asked again once it is well. */
    static Verdict comesBack(Case one) throws Exception {
        AtomicBoolean well = new AtomicBoolean();
        int[] asked = new int[1];
        one.primary().always(request -> {
            synchronized (asked) {
                asked[0]++;
            }
            Fault.Ask ask = new Fault.Ask(one.voice(), request, 1, one.timing());
            return well.get() ? Faults.good(ask, "m", Voice.TEXT) : Faults.down(ask);
        });
        long began = System.nanoTime();
        int calls = 0;
        long until = began + one.timing().outage().toNanos();
        while (System.nanoTime() < until) {
            Caller call = one.call();
            calls++;
            if (!call.isWhole() || !call.model().equals("backup")) {
                return Judge.failed(call, asked[0], "not rescued while the primary was down");
            }
            Thread.sleep(20);
        }
        int meanwhile = asked[0];
        well.set(true);
        long back = System.nanoTime() + one.timing().back().toNanos();
        Caller call = one.call();
        while (!call.header("x-sluice-fallback-level").equals("0")) {
            if (!call.isWhole() || System.nanoTime() > back) {
                return Judge.failed(call, asked[0], "not back on the primary");
            }
            Thread.sleep(20);
            call = one.call();
        }
        if (meanwhile > 10 + calls / 4) {
            return Judge.failed(call, meanwhile, "too many tries of " + calls + " calls");
        }
        return Judge.took(Seen.RESCUED, calls + " calls while it was down, then back", meanwhile, began);
    }

    /** An event of 10 MB is passed on, or the answer is carried on without it. */
    static Verdict largeEvent(Case one) throws Exception {
        Caller call = one.call();
        if (call.error() == null && call.isWhole()) {
            if (call.text().length() == Voice.TEXT.length() + MEGABYTES_10) {
                return new Verdict(Seen.OWN, "passed on", one.tries(), call.took());
            }
        }
        return Judge.judged(one, call, one.tries());
    }

    /** Reads a little and then nothing: the primary is held back. Then leaves: the primary is let go. */
    static Verdict slowReader(Case one) throws Exception {
        long began = System.nanoTime();
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(16 * 1024);
            send(one, socket);
            Received received = one.primary().awaitRequest(1, one.timing().limit());
            InputStream in = socket.getInputStream();
            long before = -1;
            long written = received.written();
            for (int i = 0; i < 20 || before != written; i++) {
                if (in.readNBytes(100).length < 100) {
                    return Judge.took(Seen.FAILED, "the stream ended", one.tries(), began);
                }
                Thread.sleep(100);
                before = written;
                written = received.written();
                if (written > BOUND) {
                    return Judge.took(Seen.FAILED, written + " bytes were taken unread", one.tries(), began);
                }
            }
            socket.close();
            return let(one, "held back after " + written / 1024 + " KiB, then let go", began);
        }
    }

    /** Leaves while nothing has come. */
    static Verdict leavesEarly(Case one) throws Exception {
        long began = System.nanoTime();
        try (Socket socket = new Socket()) {
            send(one, socket);
            one.primary().awaitRequest(1, one.timing().limit());
        }
        return let(one, "the primary is let go", began);
    }

    /** Leaves when some of the answer has come. */
    static Verdict leavesInTheMiddle(Case one) throws Exception {
        long began = System.nanoTime();
        try (Socket socket = new Socket()) {
            send(one, socket);
            StringBuilder read = new StringBuilder();
            InputStream in = socket.getInputStream();
            while (read.indexOf("word20 ") < 0) {
                int next = in.read();
                if (next < 0) {
                    return Judge.took(Seen.FAILED, "the stream ended", one.tries(), began);
                }
                read.append((char) next);
            }
        }
        return let(one, "the primary is let go", began);
    }

    private static Verdict let(Case one, String detail, long began) throws InterruptedException {
        return one.primary().awaitPeerClosed(SOON)
                ? Judge.took(Seen.LET_GO, detail, one.tries(), began)
                : Judge.took(Seen.FAILED, "the primary's connection stayed", one.tries(), began);
    }

    private static void send(Case one, Socket socket) throws IOException {
        socket.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), one.gateway().getPort()));
        String body = Caller.body(one.voice(), one.isStreamed());
        socket.getOutputStream()
                .write(("POST " + one.voice().path() + " HTTP/1.1\r\nhost: localhost\r\nx-case: " + one.name()
                                + "\r\ncontent-type: application/json\r\ncontent-length: " + body.length() + "\r\n\r\n"
                                + body)
                        .getBytes(StandardCharsets.US_ASCII));
    }
}
