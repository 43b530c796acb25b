package dev.sluice.host.exchange;

/** What a plain upstream learns of the client: {@code x-forwarded-for}, {@code -proto} and {@code -host}. */
final class Forwarding {
    private Forwarding() {}

    static void add(HostRequestHead head, HostHeaders fields) {
        String before = fields.get("x-forwarded-for");
        fields.fields()
                .set("x-forwarded-for", before == null ? head.remoteAddress() : before + ", " + head.remoteAddress());
        if (fields.get("x-forwarded-proto") == null) {
            fields.fields().set("x-forwarded-proto", head.scheme());
        }
        String host = fields.get("host");
        if (host != null && fields.get("x-forwarded-host") == null) {
            fields.fields().set("x-forwarded-host", host);
        }
    }
}
