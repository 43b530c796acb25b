package dev.sluice.plugins.aiproxy;

import java.util.regex.Pattern;

/** Takes URLs, hosts and all that is shaped like a key out of a provider's own words. */
final class Redaction {
    private static final int MAX = 1000;
    private static final Pattern URL = Pattern.compile("(?i)\\b(?:https?|wss?)://[^\\s\"'<>)\\]]+");
    private static final Pattern KEY = Pattern.compile("(?i:\\bbearer\\s+[^\\s\"',]+)"
            + "|\\beyJ[\\w-]+(?:\\.[\\w-]+)*"
            + "|(?i:\\b(?:sk|pk|rk|ak|key|api|gsk|xai|hf|glpat|ghp)[-_][^\\s\"',;]{4,})"
            + "|\\b(?:AKIA|ASIA|AIza)[\\w-]{8,}"
            + "|\\b(?=\\w{0,200}\\d)(?=\\w{0,200}[A-Za-z])\\w{24,}\\b");
    private static final Pattern HOST = Pattern.compile("\\b\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?\\b"
            + "|\\[[0-9a-fA-F]*:[0-9a-fA-F:.]+\\](?::\\d+)?"
            + "|(?i:\\blocalhost(?::\\d+)?\\b)"
            + "|(?i:\\b(?:[a-z0-9-]{1,63}\\.){1,8}(?:com|net|org|io|ai|cn|dev|app|cloud|eu|us|internal|local|svc|lan)"
            + "(?::\\d+)?\\b)");

    private Redaction() {}

    static String of(String message) {
        String text = message.length() > MAX ? message.substring(0, MAX) : message;
        text = URL.matcher(text).replaceAll("[url]");
        text = KEY.matcher(text).replaceAll("[key]");
        return HOST.matcher(text).replaceAll("[host]");
    }
}
