package dev.sluice.plugins.contentsafety;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where links lead: to hosts that are denied or not allowed, or in disguise. */
final class UrlEngine implements Engine.Local {
    private static final Pattern URL = Pattern.compile(
            "(?i)\\b(?:https?|ftp|wss?)://(?:\\[[0-9a-f:.]+\\])?[^\\s<>\"'`\\x{3000}-\\x{303F}\\x{FF00}-\\x{FFEF}\\)\\]}]*|\\b(?:javascript|vbscript):[^\\s<>\"]+|\\bdata:text/html[^\\s<>\"]*");

    private final Set<String> allow;
    private final Set<String> deny;
    private final Level level;

    /** Hosts stand for themselves and what is below them; no {@code allow}: all that {@code deny} does not name. */
    UrlEngine(Set<String> allow, Set<String> deny, Level level) {
        this.allow = allow;
        this.deny = deny;
        this.level = level;
    }

    @Override
    public String name() {
        return "urls";
    }

    @Override
    public List<Finding> find(Text text) {
        String plain = text.plain();
        if (plain.indexOf(':') < 0) {
            return List.of();
        }
        List<Finding> found = new ArrayList<>();
        Matcher matcher = URL.matcher(plain);
        while (matcher.find()) {
            Finding link = text.back(Finding.at(matcher.start(), matcher.end(), "url", "url", level));
            if (isBad(matcher.group(), text.raw().substring(link.from(), link.to()))) {
                found.add(link);
            }
        }
        return found;
    }

    /** Of an international name the link itself tells the host: without its marks it is another's. */
    private boolean isBad(String url, String written) {
        if (!url.contains("://")) {
            return true;
        }
        String plain = host(url);
        String own = written.equals(url) || !written.contains("://") ? plain : host(written);
        if (plain == null || own == null) {
            return true;
        }
        return isIn(deny, plain) || isIn(deny, own) || (!allow.isEmpty() && !isIn(allow, own));
    }

    /** The host, lower-case, in ASCII; null for one that cannot be told, or with user's name before it. */
    private static @Nullable String host(String url) {
        try {
            int from = url.indexOf("://") + 3;
            int to = from;
            while (to < url.length() && "/?#\\".indexOf(url.charAt(to)) < 0) {
                to++;
            }
            String authority = url.substring(from, to).replaceAll("[.,;:!]+$", "");
            if (authority.indexOf('@') >= 0) {
                return null;
            }
            String ascii = authority.startsWith("[") ? authority : IDN.toASCII(authority, IDN.ALLOW_UNASSIGNED);
            String host = new URI("http://" + ascii).getHost();
            if (host == null) {
                return null;
            }
            host = host.toLowerCase(Locale.ROOT);
            return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        } catch (URISyntaxException | IllegalArgumentException e) {
            return null;
        }
    }

    private static boolean isIn(Set<String> hosts, String host) {
        for (String at = host; ; at = at.substring(at.indexOf('.') + 1)) {
            if (hosts.contains(at)) {
                return true;
            }
            if (at.indexOf('.') < 0) {
                return false;
            }
        }
    }
}
