package dev.sluice.host.cli;

import dev.sluice.api.Dialect;
import dev.sluice.host.Gateway;
import dev.sluice.host.config.Config;
import dev.sluice.host.config.Config.RouteConfig;
import dev.sluice.host.config.FilterUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What {@code sluice run} prints once it serves: ports, routes with their chains, and lines to try. */
final class Greeting {
    private static final String MODEL = "echo";

    private Greeting() {}

    static String of(Gateway gateway) {
        Config config =
                Objects.requireNonNull(gateway.snapshot(), "nothing serves").config();
        String scheme = config.listen().tls() == null ? "http" : "https";
        String base = scheme + "://" + reachable(config.listen().host()) + ":" + gateway.port();
        StringBuilder text = new StringBuilder();
        text.append("Sluice listens on ").append(base).append(", admin on http://");
        text.append(reachable(config.admin().host())).append(':').append(gateway.adminPort());
        text.append("\n\nRoutes:\n");
        for (RouteConfig route : config.routes()) {
            text.append("  ")
                    .append(route.name())
                    .append("  ")
                    .append(match(route))
                    .append("  →  ");
            text.append(chain(config, route)).append('\n');
        }
        String insecure = config.listen().tls() == null ? "" : "-k ";
        for (RouteConfig route : config.routes()) {
            if (route.upstream() == null && serves(route, "/v1/chat/completions")) {
                text.append("\nTry it:\n");
                text.append(curl(insecure, base, Dialect.OPENAI, false));
                text.append(curl(insecure, base, Dialect.OPENAI, true));
                if (serves(route, "/v1/messages")) {
                    text.append(curl(insecure, base, Dialect.ANTHROPIC, false));
                    text.append(curl(insecure, base, Dialect.ANTHROPIC, true));
                }
                break;
            }
        }
        return text.append('\n').toString();
    }

    private static String reachable(String host) {
        return host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
    }

    private static boolean serves(RouteConfig route, String path) {
        String glob = route.match().path();
        return route.match().host().isEmpty()
                && route.match().headers().isEmpty()
                && (glob == null || glob.equals("/**") || glob.equals("/v1/**") || glob.equals(path));
    }

    private static String match(RouteConfig route) {
        List<String> parts = new ArrayList<>();
        String path = route.match().path();
        parts.add(path == null ? "/**" : path);
        if (!route.match().model().isEmpty()) {
            parts.add("model " + String.join(", ", route.match().model()));
        }
        if (!route.match().host().isEmpty()) {
            parts.add("host " + String.join(", ", route.match().host()));
        }
        if (!route.match().method().isEmpty()) {
            parts.add(String.join(", ", route.match().method()));
        }
        route.match().headers().forEach((name, value) -> parts.add(name + ": " + value));
        return String.join("; ", parts);
    }

    private static String chain(Config config, RouteConfig route) {
        List<String> names = new ArrayList<>();
        for (FilterUse use : config.filters()) {
            names.add(use.filter().name());
        }
        for (FilterUse use : route.filters()) {
            names.add(use.filter().name());
        }
        if (route.upstream() != null) {
            names.add(route.upstream().toString());
        }
        return String.join(" → ", names);
    }

    private static String curl(String insecure, String base, Dialect dialect, boolean stream) {
        boolean anthropic = dialect == Dialect.ANTHROPIC;
        String path = anthropic ? "/v1/messages" : "/v1/chat/completions";
        String body = "{\"model\":\"" + MODEL + "\"" + (anthropic ? ",\"max_tokens\":100" : "")
                + (stream ? ",\"stream\":true" : "")
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello, Sluice\"}]}";
        return "  curl " + insecure + (stream ? "-N " : "") + base + path + " -H 'content-type: application/json' -d '"
                + body + "'\n";
    }
}
