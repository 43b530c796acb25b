package dev.sluice.plugins.contentsafety;

import com.google.re2j.Pattern;
import java.util.Map;
import java.util.regex.Matcher;

/** Patterns in Higress's spelling: regular expressions in which {@code %{NAME:alias}} stands for a known pattern. */
final class Grok {
    private static final java.util.regex.Pattern NAME = java.util.regex.Pattern.compile("%\\{(\\w+)(?::(\\w+))?\\}");

    private static final Map<String, String> KNOWN = Map.ofEntries(
            Map.entry("MOBILE", "\\d{8,11}"),
            Map.entry("IDCARD", "(?:\\d{17}[0-9xX]|\\d{15})"),
            Map.entry("EMAILLOCALPART", "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+)*"),
            Map.entry("EMAILADDRESS", "%{EMAILLOCALPART}@%{HOSTNAME}"),
            Map.entry(
                    "HOSTNAME",
                    "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?(?:\\.[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?)*"),
            Map.entry("IPV4", "(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)"),
            Map.entry("IPV6", "(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}"),
            Map.entry("IP", "(?:%{IPV6}|%{IPV4})"),
            Map.entry("INT", "[+-]?\\d+"),
            Map.entry("POSINT", "\\b[1-9]\\d*\\b"),
            Map.entry("NONNEGINT", "\\b\\d+\\b"),
            Map.entry("NUMBER", "[+-]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)"),
            Map.entry("WORD", "\\b\\w+\\b"),
            Map.entry("NOTSPACE", "\\S+"),
            Map.entry("SPACE", "\\s*"),
            Map.entry("DATA", ".*?"),
            Map.entry("GREEDYDATA", ".*"),
            Map.entry("USERNAME", "[a-zA-Z0-9._-]+"),
            Map.entry("USER", "[a-zA-Z0-9._-]+"),
            Map.entry("UUID", "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}"),
            Map.entry("MAC", "(?:[A-Fa-f0-9]{2}[:-]){5}[A-Fa-f0-9]{2}"),
            Map.entry("QUOTEDSTRING", "(?:\"[^\"]*\"|'[^']*')"));

    private Grok() {}

    /**
     * Compiles one.
     *
     * @throws IllegalArgumentException if it names a pattern that is not known, or is none
     */
    static Pattern compile(String grok) {
        return Pattern.compile(expand(grok, true));
    }

    private static String expand(String grok, boolean named) {
        Matcher matcher = NAME.matcher(grok);
        StringBuilder out = new StringBuilder();
        while (matcher.find()) {
            String known = KNOWN.get(matcher.group(1));
            if (known == null) {
                throw new IllegalArgumentException("there is no grok pattern '" + matcher.group(1) + "': known are "
                        + KNOWN.keySet().stream().sorted().toList());
            }
            String alias = matcher.group(2);
            String group = named && alias != null ? "(?P<" + alias + ">" : "(?:";
            matcher.appendReplacement(out, Matcher.quoteReplacement(group + expand(known, false) + ")"));
        }
        return matcher.appendTail(out).toString();
    }
}
