package dev.sluice.plugins.websearch;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Addresses of results, as strangers wrote them. */
final class Urls {
    private static final int MAX_LENGTH = 2000;
    private static final Pattern TRACKING =
            Pattern.compile("(utm_[a-z]+|gclid|fbclid|msclkid|dclid|yclid|mc_[ce]id|igshid|spm)(=.*)?");

    private Urls() {}

    /** One text for all addresses of one page; empty if it is no address of a page. */
    static String canonical(String url) {
        URI uri = page(url);
        if (uri == null) {
            return "";
        }
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        host = host.startsWith("www.") ? host.substring(4) : host;
        boolean usual = uri.getPort() < 0 || uri.getPort() == 80 || uri.getPort() == 443;
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        return host + (usual ? "" : ":" + uri.getPort()) + path + query(uri);
    }

    private static String query(URI uri) {
        if (uri.getRawQuery() == null) {
            return "";
        }
        List<String> kept = new ArrayList<>();
        for (String parameter : uri.getRawQuery().split("&", -1)) {
            if (!parameter.isEmpty() && !TRACKING.matcher(parameter).matches()) {
                kept.add(parameter);
            }
        }
        kept.sort(null);
        return kept.isEmpty() ? "" : "?" + String.join("&", kept);
    }

    /** The address as it may stand in a Markdown link; empty if it is no address of a page. */
    static String link(String url) {
        URI uri = page(url);
        return uri == null ? "" : uri.toASCIIString().replace("(", "%28").replace(")", "%29");
    }

    private static @Nullable URI page(String url) {
        if (url.length() > MAX_LENGTH) {
            return null;
        }
        try {
            URI uri = new URI(url.strip());
            String scheme = uri.getScheme();
            boolean web = "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
            return web && uri.getHost() != null && uri.getRawUserInfo() == null ? uri : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
