package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Exchange;
import dev.sluice.api.Key;
import dev.sluice.api.Target;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Something of a request by which limits tell requests apart, as {@code consumer} or {@code header:x-tenant}. */
record Fact(Kind kind, String name) {

    /** The kinds of facts. */
    enum Kind {
        CONSUMER,
        HEADER,
        PARAM,
        COOKIE,
        IP,
        ROUTE,
        MODEL,
        PROVIDER;

        private final String word = name().toLowerCase(Locale.ROOT);

        private boolean isNamed() {
            return this == HEADER || this == PARAM || this == COOKIE;
        }

        /** Whether its values may be shown: those of headers and the like may be secrets. */
        private boolean isPublic() {
            return !isNamed();
        }
    }

    /**
     * The fact that is written so.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Fact of(String text) {
        int colon = text.indexOf(':');
        String word = colon < 0 ? text : text.substring(0, colon);
        String name = colon < 0 ? "" : text.substring(colon + 1);
        for (Kind kind : Kind.values()) {
            if (kind.word.equals(word) && kind.isNamed() == !name.isEmpty()) {
                return new Fact(kind, name);
            }
        }
        throw new IllegalArgumentException(
                "'" + text + "' is nothing that requests are told apart by: write consumer, ip,"
                        + " route, model, provider, header:<name>, param:<name> or cookie:<name>");
    }

    /** Whether it is known only once a try knows where it goes. */
    boolean isOfTry() {
        return kind == Kind.MODEL || kind == Kind.PROVIDER;
    }

    boolean isPublic() {
        return kind.isPublic();
    }

    /**
     * Its value; null if there is none.
     *
     * @param target of the try; null outside one
     * @param model the one the client asked for, where the target names none
     */
    @Nullable
    String value(Exchange exchange, @Nullable Target target, @Nullable String model) {
        return switch (kind) {
            case CONSUMER -> exchange.get(Key.CONSUMER);
            case HEADER -> exchange.request().headers().get(name);
            case PARAM -> param(exchange.request().query());
            case COOKIE -> cookie(exchange.request().headers().all("cookie"));
            case IP -> exchange.request().remoteAddress();
            case ROUTE -> exchange.route();
            case MODEL -> target == null || target.model() == null ? model : target.model();
            case PROVIDER -> target == null ? null : target.provider();
        };
    }

    private @Nullable String param(@Nullable String query) {
        if (query == null) {
            return null;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (decoded(equals < 0 ? pair : pair.substring(0, equals)).equals(name)) {
                return equals < 0 ? "" : decoded(pair.substring(equals + 1));
            }
        }
        return null;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private @Nullable String cookie(List<String> lines) {
        for (String line : lines) {
            for (String pair : line.split(";", -1)) {
                int equals = pair.indexOf('=');
                if (equals >= 0 && pair.substring(0, equals).trim().equals(name)) {
                    return pair.substring(equals + 1).trim();
                }
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return name.isEmpty() ? kind.word : kind.word + ":" + name;
    }
}
