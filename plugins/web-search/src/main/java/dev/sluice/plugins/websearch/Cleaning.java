package dev.sluice.plugins.websearch;

import java.util.regex.Pattern;

/** Makes readable text of what a page holds: markup, hidden parts and characters that are not seen are left out. */
final class Cleaning {
    private static final int MAX_TAG = 2000;
    private static final int MAX_ENTITY = 12;
    private static final Pattern HIDING = Pattern.compile(
            "display\\s*:\\s*none|visibility\\s*:\\s*hidden|font-size\\s*:\\s*0|opacity\\s*:\\s*0(?![.\\d])"
                    + "|\\shidden(?=[\\s=>/])|aria-hidden\\s*=\\s*[\"']?true",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern UNREAD =
            Pattern.compile("(?:script|style|template|noscript|head|title)", Pattern.CASE_INSENSITIVE);
    private static final Pattern SPACES = Pattern.compile("[ \\t\\u00A0\\u2000-\\u200A\\u3000]+");
    private static final Pattern LINES = Pattern.compile(" ?\\n[ \\n]*\\n ?");

    private Cleaning() {}

    /** Text of at most so many characters; for what goes before the model. */
    static String text(String raw, int max) {
        // What lies behind is cut in the end anyway: no page is worth reading in full.
        String bounded = raw.length() > 8L * max + MAX_TAG ? raw.substring(0, 8 * max + MAX_TAG) : raw;
        String seen = visible(entities(withoutMarkup(bounded)));
        String spaced = SPACES.matcher(seen).replaceAll(" ");
        return cut(Instructions.strip(LINES.matcher(spaced).replaceAll("\n\n").strip()), max);
    }

    /** As {@link #text}, in one line. */
    static String line(String raw, int max) {
        return cut(text(raw, 4 * max).replaceAll("\\s+", " "), max);
    }

    private static String cut(String text, int max) {
        if (text.length() <= max) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(max - 2)) ? max - 2 : max - 1;
        return text.substring(0, end) + "…";
    }

    private static String withoutMarkup(String html) {
        StringBuilder text = new StringBuilder(html.length());
        int at = 0;
        while (at < html.length()) {
            int open = html.indexOf('<', at);
            if (open < 0) {
                break;
            }
            text.append(html, at, open);
            int end = markupEnd(html, open);
            if (end == open) {
                text.append('<');
                at = open + 1;
            } else {
                text.append(' ');
                at = end;
            }
        }
        return text.append(html, Math.min(at, html.length()), html.length()).toString();
    }

    /** Where the markup that begins here ends; the beginning itself if it is none. */
    private static int markupEnd(String html, int open) {
        if (html.startsWith("<!--", open)) {
            int close = html.indexOf("-->", open);
            return close < 0 ? html.length() : close + 3;
        }
        char first = open + 1 < html.length() ? html.charAt(open + 1) : ' ';
        if (!Character.isLetter(first) && first != '/' && first != '!' && first != '?') {
            return open;
        }
        int close = html.indexOf('>', open);
        if (close < 0 || close - open > MAX_TAG) {
            return open;
        }
        String tag = html.substring(open + 1, close + 1);
        String name = tag.split("[\\s/>]", 2)[0];
        boolean unread = UNREAD.matcher(name).matches() || HIDING.matcher(tag).find();
        if (!unread || tag.endsWith("/>") || name.isEmpty()) {
            return close + 1;
        }
        return elementEnd(html, name, close + 1);
    }

    private static int elementEnd(String html, String name, int from) {
        String closing = "</" + name;
        for (int i = from; i <= html.length() - closing.length(); i++) {
            if (html.charAt(i) == '<' && html.regionMatches(true, i, closing, 0, closing.length())) {
                int close = html.indexOf('>', i);
                return close < 0 ? html.length() : close + 1;
            }
        }
        return html.length();
    }

    private static String entities(String text) {
        if (text.indexOf('&') < 0) {
            return text;
        }
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int end = c == '&' ? text.indexOf(';', i) : -1;
            String character = end > i && end - i <= MAX_ENTITY ? entity(text.substring(i + 1, end)) : "";
            if (character.isEmpty()) {
                plain.append(c);
            } else {
                plain.append(character);
                i = end;
            }
        }
        return plain.toString();
    }

    private static String entity(String name) {
        if (name.startsWith("#")) {
            boolean hex = name.startsWith("#x") || name.startsWith("#X");
            try {
                int point = Integer.parseInt(name.substring(hex ? 2 : 1), hex ? 16 : 10);
                return Character.isValidCodePoint(point) ? Character.toString(point) : "";
            } catch (NumberFormatException e) {
                return "";
            }
        }
        return switch (name) {
            case "amp" -> "&";
            case "lt" -> "<";
            case "gt" -> ">";
            case "quot" -> "\"";
            case "apos" -> "'";
            case "nbsp" -> " ";
            default -> "";
        };
    }

    /** Without control, formatting (zero width, direction, tags), private and unpaired characters. */
    private static String visible(String text) {
        StringBuilder seen = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            switch (Character.getType(point)) {
                case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> seen.append('\n');
                case Character.CONTROL -> {
                    if (point == '\n' || point == '\t' || point == '\r' || point == 0x85) {
                        seen.append(point == '\t' ? ' ' : '\n');
                    }
                }
                case Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> {}
                default -> {
                    boolean selector = (point >= 0xFE00 && point <= 0xFE0F) || (point >= 0xE0100 && point <= 0xE01EF);
                    boolean filler = point == 0x115F
                            || point == 0x1160
                            || point == 0x3164
                            || point == 0xFFA0
                            || point == 0x034F
                            || point == 0x2800;
                    if (!selector && !filler) {
                        seen.appendCodePoint(point);
                    }
                }
            }
        });
        return seen.toString();
    }
}
