package dev.sluice.swap;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** A request on a connection of its own, read as its answer comes; the connection ends with it. */
final class Call {
    private static final int PATIENCE_SECONDS = 30;

    /** How it ended. {@code whole}: as an answer should, not cut off. */
    record Answer(int status, String body, boolean whole) {}

    private final StringBuilder body = new StringBuilder();
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();

    private Call() {}

    /**
     * Sends it.
     *
     * @param json the body of a POST; empty: a GET
     * @param headers such as {@code x-case: one}
     */
    static Call to(URI uri, String json, String... headers) {
        Call call = new Call();
        Thread reader = new Thread(() -> call.run(uri, json, headers), "call " + uri.getPath());
        reader.setDaemon(true);
        reader.start();
        return call;
    }

    private void run(URI uri, String json, String... headers) {
        int status = 0;
        boolean whole = false;
        try {
            HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
            connection.setRequestProperty("connection", "close");
            for (String header : headers) {
                String[] parts = header.split(": ", 2);
                connection.setRequestProperty(parts[0], parts[1]);
            }
            if (!json.isEmpty()) {
                connection.setDoOutput(true);
                connection.setRequestProperty("content-type", "application/json");
                connection.getOutputStream().write(json.getBytes(StandardCharsets.UTF_8));
            }
            status = connection.getResponseCode();
            read(status < 400 ? connection.getInputStream() : connection.getErrorStream());
            whole = true;
        } catch (IOException e) {
            // Cut off, or never answered: the test sees which.
        }
        answer.complete(new Answer(status, text(), whole));
    }

    private void read(InputStream in) throws IOException {
        byte[] chunk = new byte[8192];
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            synchronized (this) {
                body.append(new String(chunk, 0, n, StandardCharsets.UTF_8));
                notifyAll();
            }
        }
    }

    private synchronized String text() {
        return body.toString();
    }

    /** Waits until this text has arrived. */
    Call awaitText(String text) {
        return await(arrived -> arrived.contains(text));
    }

    private synchronized Call await(Predicate<String> condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.test(text())) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0 || answer.isDone()) {
                throw new AssertionError("has not arrived, but: " + answer.getNow(new Answer(0, text(), false)));
            }
            try {
                wait(Math.min(left, 100));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
        return this;
    }

    /** Whether nothing more will come. */
    boolean isOver() {
        return answer.isDone();
    }

    /** Waits for the end of the answer. */
    Answer finish() {
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("no end but: " + text(), e);
        }
    }
}
