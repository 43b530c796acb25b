package dev.sluice.plugins.aiproxy.dialect;

import java.util.Locale;

/** Pictures as URLs: of the web, or with the data in them. */
final class Images {
    private static final String BASE64 = ";base64";

    private Images() {}

    static Part.Image ofUrl(Cursor place) {
        String url = place.text();
        String scheme = url.substring(0, Math.max(0, url.indexOf(':'))).toLowerCase(Locale.ROOT);
        switch (scheme) {
            case "http", "https" -> {
                return new Part.Image(null, null, url);
            }
            case "data" -> {
                int comma = url.indexOf(',');
                String kind = comma < 0 ? "" : url.substring("data:".length(), comma);
                if (!kind.endsWith(BASE64)) {
                    throw place.malformed("is a data URL without base64 data");
                }
                String type = kind.substring(0, kind.indexOf(';')).toLowerCase(Locale.ROOT);
                if (!type.startsWith("image/")) {
                    throw place.malformed("is data of type '" + shortened(type) + "', not an image");
                }
                return new Part.Image(type, url.substring(comma + 1), null);
            }
            default -> throw place.malformed("must be a URL with http, https or data");
        }
    }

    static String url(Part.Image image) {
        String url = image.url();
        return url == null ? "data:" + image.mediaType() + ";base64," + image.data() : url;
    }

    private static String shortened(String text) {
        return text.length() > 40 ? text.substring(0, 40) : text;
    }
}
