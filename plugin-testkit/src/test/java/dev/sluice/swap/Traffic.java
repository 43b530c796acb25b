package dev.sluice.swap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients that ask without a pause, and judge every answer: it must be whole, from one version throughout, from none
 * older than one that somebody had seen before the request was sent, and from none that was never meant to serve.
 */
final class Traffic implements AutoCloseable {
    private static final int EVENTS = 20;
    private static final int PER_CLIENT_AND_SECOND = 25;
    private static final Pattern JSON = Pattern.compile("\\{\"version\":\"v(\\d+)\"}");
    private static final Pattern EVENT = Pattern.compile("data: v(\\d+) v(\\d+)");

    private final int port;
    private final Load load;
    private final long began = System.nanoTime();
    private final List<Thread> clients = new ArrayList<>();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final LongAdder shorts = new LongAdder();
    private final LongAdder streams = new LongAdder();
    private final LongAdder outlived = new LongAdder();
    private final AtomicInteger seen;
    private final Set<Integer> good = ConcurrentHashMap.newKeySet();
    private volatile boolean over;
    private volatile long ended;

    /** Starts asking a gateway that serves that version. */
    Traffic(int port, Load load, int version) {
        this.port = port;
        this.load = load;
        this.seen = new AtomicInteger(version);
        good.add(version);
        for (int i = 0; i < load.streams(); i++) {
            client("slow-" + i, this::askForStreams);
        }
        for (int i = 0; i < load.perSecond() / PER_CLIENT_AND_SECOND; i++) {
            client("short-" + i, this::askForJson);
        }
    }

    private interface Asking {
        void on(KeptConnection connection) throws IOException;
    }

    private void client(String name, Asking asking) {
        Thread thread = new Thread(
                () -> {
                    try (KeptConnection connection = new KeptConnection(port)) {
                        asking.on(connection);
                    } catch (IOException | RuntimeException e) {
                        wrong.add(name + ": " + e);
                    }
                },
                name);
        thread.setDaemon(true);
        clients.add(thread);
        thread.start();
    }

    private void askForStreams(KeptConnection connection) throws IOException {
        // So that streams end at all times, not all at once.
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(TimeUnit.SECONDS.toNanos(1)));
        while (!over) {
            int newest = seen.get();
            int version = versionOfStream(connection.get(load.slowPath()));
            judge(version, newest);
            streams.increment();
            if (version < seen.get()) {
                outlived.increment();
            }
        }
    }

    private void askForJson(KeptConnection connection) throws IOException {
        long period = TimeUnit.SECONDS.toNanos(1) / PER_CLIENT_AND_SECOND;
        for (long due = System.nanoTime(); !over; due += period) {
            // Late requests are made up for: the rate is that of the clients, not of the gateway.
            LockSupport.parkNanos(due - System.nanoTime());
            int newest = seen.get();
            judge(versionOfJson(connection.get("/")), newest);
            shorts.increment();
        }
    }

    private void judge(int version, int newestBefore) {
        if (version < newestBefore) {
            wrong.add("v" + version + " answered a request that was sent after v" + newestBefore + " had answered");
        }
        if (!good.contains(version)) {
            wrong.add("v" + version + " answered, which is none that may serve");
        }
    }

    /** The version of a short answer. */
    static int versionOfJson(KeptConnection.Got got) {
        Matcher json = JSON.matcher(got.body());
        if (got.status() != 200 || !json.matches()) {
            throw new IllegalStateException("not an answer of any version: " + got);
        }
        return Integer.parseInt(json.group(1));
    }

    /** The one version of all of a stream's events. */
    static int versionOfStream(KeptConnection.Got got) {
        List<String> events =
                got.body().lines().filter(line -> line.startsWith("data:")).toList();
        Matcher first = EVENT.matcher(events.isEmpty() ? "" : events.get(0));
        boolean one = got.status() == 200
                && events.size() == EVENTS
                && first.matches()
                && first.group(1).equals(first.group(2))
                && events.stream().distinct().count() == 1;
        if (!one) {
            throw new IllegalStateException("not " + EVENTS + " events of one version: " + got);
        }
        return Integer.parseInt(first.group(1));
    }

    /** Says that this version is about to be put there. */
    void mayServe(int version) {
        good.add(version);
    }

    /** Says that this version has answered; no older one may answer a request from now on. */
    void hasServed(int version) {
        seen.set(version);
    }

    /** What was wrong so far, one line for each; a client that was failed does not ask again. */
    List<String> wrong() {
        return List.copyOf(wrong);
    }

    /** Whole short answers. */
    long shorts() {
        return shorts.sum();
    }

    /** Whole streams. */
    long streams() {
        return streams.sum();
    }

    /** Streams that ended after a later version than theirs had answered. */
    long outlived() {
        return outlived.sum();
    }

    /** How many short answers came each second, from the start to the end. */
    double perSecond() {
        return shorts() / ((ended - began) / 1e9);
    }

    /** Lets the clients finish what they have asked for. */
    void finish() throws InterruptedException {
        over = true;
        ended = System.nanoTime();
        for (Thread client : clients) {
            client.join();
        }
    }

    @Override
    public void close() throws InterruptedException {
        finish();
    }
}
