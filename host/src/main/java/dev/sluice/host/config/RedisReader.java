package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.host.config.Config.TlsClient;
import dev.sluice.host.config.RedisConfig.Login;
import dev.sluice.host.config.RedisConfig.Mode;
import dev.sluice.host.config.RedisConfig.Node;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code state.redis}, or a filter's own, in either form and a filter's in Higress's spelling, too, out of a tree that
 * the schema has accepted. Its messages tell no password.
 */
final class RedisReader {
    private static final int DEFAULT_PORT = 6379;
    private static final Pattern USER_INFO = Pattern.compile("(?<=//)[^/?#]*@");

    /** Names that end so are of registries that Higress asks. */
    private static final Pattern REGISTERED = Pattern.compile(".*\\.(static|dns|nacos|eureka|consul|zookeeper)");

    private static final Pattern DATABASE = Pattern.compile("/?|/([0-9]{1,5})");

    private final Places places;
    private final List<Problem> problems;
    private final JsonNode tree;
    private final String path;
    private final @Nullable TlsClient tls;

    /** What one URL says. */
    private record Url(Node node, Login login, int database, boolean secure) {}

    RedisReader(Places places, List<Problem> problems, JsonNode tree, String path, @Nullable TlsClient tls) {
        this.places = places;
        this.problems = problems;
        this.tree = tree;
        this.path = path;
        this.tls = tls;
    }

    /** Null if anything is wrong. */
    @Nullable
    RedisConfig read() {
        int before = problems.size();
        List<Url> urls = urls();
        if (urls.isEmpty() || problems.size() > before) {
            return null;
        }
        Mode mode = Mode.valueOf(tree.path("mode").asText("single").toUpperCase(Locale.ROOT));
        Url first = urls.get(0);
        same(urls);
        fits(mode, urls);
        Login given = login(first.login, mode);
        if (tls != null && !first.secure) {
            wrong(".tls", "goes with rediss:// only: write rediss:// in the URLs, or remove it");
        }
        int database = database(first);
        RedisConfig config = new RedisConfig(
                mode,
                urls.stream().map(Url::node).toList(),
                tree.path("master").textValue(),
                given,
                mode == Mode.SENTINEL ? first.login : Login.NONE,
                database,
                first.secure,
                tls,
                tree.path("prefix").asText("sluice:"),
                duration("timeout", tree.has("serviceName") ? "1s" : "500ms"),
                duration("connectTimeout", "2s"),
                tree.path("connections").asInt(2));
        return problems.size() > before ? null : config;
    }

    private List<Url> urls() {
        List<Url> urls = new ArrayList<>();
        if (tree.has("urls") || tree.isTextual()) {
            for (String key : List.of("serviceName", "serviceHost", "servicePort")) {
                if (tree.has(key)) {
                    wrong("." + key, "given beside 'urls', which says where it is: keep one");
                }
            }
        } else {
            service(urls);
        }
        if (tree.isTextual()) {
            add(urls, tree.textValue(), path);
        } else if (tree.path("urls").isTextual()) {
            add(urls, tree.path("urls").textValue(), path + ".urls");
        } else {
            for (int i = 0; i < tree.path("urls").size(); i++) {
                add(urls, tree.path("urls").get(i).asText(), path + ".urls[" + i + "]");
            }
        }
        return urls;
    }

    /** An address in Higress's spelling. */
    private void service(List<Url> urls) {
        String host = tree.path("serviceHost").asText(tree.path("serviceName").asText());
        if (host.isEmpty()) {
            problems.add(places.problem(
                    path, "it does not say where it is: add url: redis://host:6379, or Higress's service_name"));
        } else if (!tree.has("serviceHost") && REGISTERED.matcher(host).matches()) {
            wrong(
                    ".serviceName",
                    places.quoted(path + ".serviceName", host)
                            + " is a name of Higress's registry, which is not known here: add service_host with its"
                            + " host, or write url: redis://host:6379 in its place");
        } else {
            urls.add(new Url(new Node(host, tree.path("servicePort").asInt(DEFAULT_PORT)), Login.NONE, 0, false));
        }
    }

    private void add(List<Url> urls, String text, String at) {
        URI uri = Formats.uri(text).orElse(null);
        String scheme = uri == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (uri == null || !(scheme.equals("redis") || scheme.equals("rediss"))) {
            problems.add(places.problem(
                    at,
                    "expected a URL like redis://127.0.0.1:6379, got " + shown(at, text)
                            + (text.contains("@") ? "; a password's reserved characters are written as %XX" : "")));
            return;
        }
        if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
            problems.add(places.problem(
                    at, "a Redis URL takes no query and no fragment: use the fields of " + path + " for what it says"));
            return;
        }
        var database = DATABASE.matcher(uri.getRawPath());
        if (!database.matches()) {
            problems.add(places.problem(
                    at, "what follows the address must be a database's number, as in redis://127.0.0.1:6379/2"));
            return;
        }
        String host = uri.getHost();
        urls.add(new Url(
                new Node(
                        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                        uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort()),
                login(uri.getRawUserInfo()),
                database.group(1) == null ? 0 : Integer.parseInt(database.group(1)),
                scheme.equals("rediss")));
    }

    /** {@code user:password}, {@code :password}, or, as several clients read it, {@code password} alone. */
    private static Login login(@Nullable String userInfo) {
        if (userInfo == null || userInfo.isEmpty()) {
            return Login.NONE;
        }
        int colon = userInfo.indexOf(':');
        String user = colon <= 0 ? null : decoded(userInfo.substring(0, colon));
        return new Login(user, decoded(userInfo.substring(colon + 1)));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private Login login(Login ofUrls, Mode mode) {
        String user = tree.path("user").textValue();
        String password = tree.path("password").textValue();
        if (user == null && password == null) {
            return mode == Mode.SENTINEL ? Login.NONE : ofUrls;
        }
        if (password == null) {
            wrong(".user", "a user without a password cannot log in: set " + path + ".password");
        } else if (mode != Mode.SENTINEL && ofUrls.password() != null) {
            wrong(".password", "the URL holds a password, too: keep one of them");
        }
        return new Login(user, password);
    }

    private int database(Url first) {
        if (tree.has("database") && first.database != 0) {
            wrong(".database", "the URL holds a database, too: keep one of them");
        }
        return first.database != 0 ? first.database : tree.path("database").asInt();
    }

    private void same(List<Url> urls) {
        Set<Object> kinds = new LinkedHashSet<>();
        urls.forEach(url -> kinds.add(List.of(url.login, url.database, url.secure)));
        if (kinds.size() > 1) {
            wrong(".urls", "all must have the same scheme, user, password and database");
        }
    }

    private void fits(Mode mode, List<Url> urls) {
        if (mode == Mode.SINGLE && urls.size() > 1) {
            wrong(".urls", "mode 'single' takes one URL: set " + path + ".mode to cluster or sentinel, or leave one");
        }
        if (mode == Mode.CLUSTER && database(urls.get(0)) != 0) {
            wrong(
                    urls.get(0).database != 0 ? ".urls" : ".database",
                    "a cluster has no databases but 0: remove what follows the address");
        }
        if (mode == Mode.SENTINEL && !tree.has("master")) {
            wrong(".mode", "mode 'sentinel' needs the name of the master: set " + path + ".master");
        }
        if (mode != Mode.SENTINEL && tree.has("master")) {
            wrong(".master", "only sentinels know masters by name: set " + path + ".mode to sentinel, or remove it");
        }
    }

    private void wrong(String below, String message) {
        problems.add(places.problem(path + below, message));
    }

    private String shown(String path, String text) {
        String written = places.written(path);
        return written != null
                ? "the value of " + Placeholders.masked(written)
                : "'" + USER_INFO.matcher(text).replaceAll("****@") + "'";
    }

    private Duration duration(String key, String standard) {
        return Objects.requireNonNull(Units.duration(tree.path(key).asText(standard)), key);
    }
}
